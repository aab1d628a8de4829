"""The cards of the start page, and what narrows them."""

import streamlit as st

from dashboard.contracts.manifest import Category
from dashboard.contracts.people import Role
from dashboard.queries.overview import Badge, Card, connected
from dashboard.ui import dialogs, icons, session, wording
from dashboard.ui.session import say
from dashboard.ui.wording import gray, plain, spoken

LOOKS = {
    Badge.CONNECTED: ("green", ":material/check_circle:"),
    Badge.SYNCING: ("blue", ":material/sync:"),
    Badge.ERROR: ("red", ":material/error:"),
    Badge.NEEDS_REAUTH: ("orange", ":material/key_off:"),
    Badge.UNFINISHED: ("yellow", ":material/pending:"),
    Badge.NOT_CONNECTED: ("gray", None),
}
# What each choice of the status filter shows.
STATUSES = {
    "connected": (Badge.CONNECTED, Badge.SYNCING),
    "attention": (Badge.ERROR, Badge.NEEDS_REAUTH, Badge.UNFINISHED),
    "not_connected": (Badge.NOT_CONNECTED,),
}


def search() -> tuple[str, str]:
    """Draw the search and the status; give what was chosen, empty for all."""
    text = st.text_input(
        say("integrations.search"),
        key="q",
        bind="query-params",
        type="search",
        placeholder=say("integrations.search_hint"),
        icon=":material/search:",
        live=True,
        width=280,
    )
    status = st.selectbox(
        say("integrations.status"),
        ["", *STATUSES],
        key="status",
        bind="query-params",
        format_func=spoken(["", *STATUSES], _status_name),
        width=220,
    )
    return str(text or "").strip().lower(), str(status or "")


def categories() -> str:
    """Draw the categories; give the chosen one, empty for all."""
    chosen = st.pills(
        say("integrations.category"),
        ["", *Category],
        default="",
        key="category",
        required=True,
        format_func=spoken(["", *Category], _category_name),
        label_visibility="collapsed",
    )
    return str(chosen or "")


def narrowed(cards: list[Card], text: str, status: str, category: str) -> list[Card]:
    """The cards that fit all three."""
    return [
        card
        for card in cards
        if (not category or card.category == category)
        and (not status or card.badge in STATUSES[status])
        and (not text or text in f"{card.name} {_description(card)}".lower())
    ]


def grid(cards: list[Card]) -> None:
    """Draw the cards, equal in height."""
    board = st.grid("auto", min_column_width=260, border=True, gap="small", key="cards")
    for card in cards:
        with board.container(height="stretch", vertical_alignment="distribute", gap="small"):
            with st.container(gap="small"):
                _head(card)
                st.markdown(gray(_description(card)))
                _facts(card)
            _buttons(card)


def summary(cards: list[Card]) -> None:
    """How many are connected, and how many want a person."""
    urgent = sum(card.badge in STATUSES["attention"] for card in cards)
    text = say("integrations.summary", connected=connected(cards), total=len(cards))
    if urgent:
        text += f"  :orange[:material/warning: {say('integrations.urgent', count=urgent)}]"
    st.markdown(gray(text))


def badges(one: Badge, *, sandbox: bool) -> None:
    """The state, and that no real account is behind it, in one element."""
    color, icon = LOOKS[one]
    text = f":{color}-badge[{f'{icon} ' if icon else ''}{say(f'integrations.badge.{one.value}')}]"
    if sandbox:
        text += f" :violet-badge[:material/science: {say('integrations.badge.sandbox')}]"
    st.markdown(text)


def _status_name(status: str) -> str:
    return say(f"integrations.status.{status or 'all'}")


def _category_name(category: str) -> str:
    return say(f"shared.categories.{category}") if category else say("common.all")


def _description(card: Card) -> str:
    return wording.said(card.provider, "description")


def _head(card: Card) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(icons.image(card.provider), width=48)
        with st.container(gap=None, width="stretch"):
            st.markdown(f"### {card.name}", anchors=False)
            sandbox = card.link is not None and card.link.in_sandbox
            badges(card.badge, sandbox=sandbox and card.badge is not Badge.NOT_CONNECTED)


def _facts(card: Card) -> None:
    """Account, last sync, and on trouble the reason with its fix, in one element."""
    if card.link is None or card.badge is Badge.NOT_CONNECTED:
        return
    link, lines = card.link, []
    if link.account_name:
        lines.append(gray(f":material/account_circle: {plain(link.account_name)}"))
    if link.paused:
        lines.append(gray(f":material/pause_circle: {say('integrations.paused')}"))
    elif link.last_sync_at:
        text = say("integrations.last_sync", ago=wording.ago(link.last_sync_at))
        lines.append(gray(f":material/schedule: {plain(text)}"))
    if card.badge in (Badge.ERROR, Badge.NEEDS_REAUTH):
        code = link.error_code or "auth_expired"
        lines.append(f":red[:small[{wording.problem(code, card.provider)}]]")
    if lines:
        st.markdown("  \n".join(lines))


def _buttons(card: Card) -> None:
    if not session.allowed(Role.OPERATOR):
        if card.badge is not Badge.NOT_CONNECTED:
            _button(card, "view", dialogs.configure)
        return
    if card.badge is Badge.NOT_CONNECTED:
        _button(card, "connect", dialogs.connect, primary=True)
        return
    with st.container(horizontal=True, gap="xsmall"):
        if card.badge is Badge.UNFINISHED:
            _button(card, "resume", dialogs.connect, primary=True)
        elif card.badge is Badge.NEEDS_REAUTH:
            _button(card, "login_again", dialogs.login_again, primary=True)
            _button(card, "configure", dialogs.configure)
        else:
            _button(card, "configure", dialogs.configure)
        _button(card, "disconnect", dialogs.disconnect, kind="tertiary")


def _button(
    card: Card, word: str, work: dialogs.Opener, *, primary: bool = False, kind: str = "secondary"
) -> None:
    label = say(f"integrations.{word}")
    st.button(
        label,
        key=f"{word}-{card.provider}",
        help=f"{label}: {card.name}",
        on_click=work,
        args=(card.provider,),
        type="primary" if primary else kind,  # type: ignore[arg-type]
        width="content" if kind == "tertiary" else "stretch",
    )
