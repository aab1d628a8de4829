"""The cards of the start page, and what narrows them."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from dashboard.contracts.manifest import Category
from dashboard.contracts.people import Role
from dashboard.queries.overview import Badge, Card, connected
from dashboard.ui import dialogs, frame, icons, session, wording
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


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the cards are narrowed to; empty words for all."""

    text: str = ""
    status: str = ""
    category: str = ""


def filters() -> Wish:
    """Draw the search and the filter; give what was chosen."""
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
    _from_link("status", STATUSES)
    _from_link("category", Category)
    # Choices in a closed popover cost the browser nothing until it is opened.
    with st.popover(_filter_label(), icon=":material/filter_list:"):
        frame.readable()
        status, category = _status(), _category()
    return Wish(text=str(text or "").strip().lower(), status=status, category=category)


def _filter_label() -> str:
    count = sum(bool(st.session_state[name]) for name in ("status", "category"))
    return say("integrations.filtered", count=count) if count else say("integrations.filter")


def _from_link(name: str, known: Iterable[str]) -> None:
    """Begin with the choice of the address.

    The address holds codes: bound widgets would write words, which only one language can read.
    """
    if name not in st.session_state:
        asked = st.query_params.get(name, "")
        st.session_state[name] = asked if asked in [*known] else ""


def _to_link(name: str) -> None:
    chosen = st.session_state[name]
    if chosen:
        st.query_params[name] = chosen
    else:
        st.query_params.pop(name, None)


def _status() -> str:
    chosen = st.radio(
        say("integrations.status"),
        ["", *STATUSES],
        key="status",
        on_change=_to_link,
        args=("status",),
        format_func=spoken(["", *STATUSES], _status_name),
    )
    return str(chosen or "")


def _category() -> str:
    chosen = st.pills(
        say("integrations.category"),
        ["", *Category],
        key="category",
        required=True,
        on_change=_to_link,
        args=("category",),
        format_func=spoken(["", *Category], _category_name),
    )
    return str(chosen or "")


def narrowed(cards: list[Card], wish: Wish) -> list[Card]:
    """The cards that fit all three."""
    return [
        card
        for card in cards
        if (not wish.category or card.category == wish.category)
        and (not wish.status or card.badge in STATUSES[wish.status])
        and (not wish.text or wish.text in f"{card.name} {_description(card)}".lower())
    ]


def grid(cards: list[Card]) -> None:
    """Draw the cards, equal in height."""
    board = st.grid("auto", min_column_width=320, border=True, gap="small", key="cards")
    for card in cards:
        with board.container(height="stretch", vertical_alignment="distribute", gap="small"):
            # Few elements: each one costs the browser about a millisecond before it is seen.
            with st.container(horizontal=True, gap="small", wrap=False):
                st.markdown(icons.image(card.provider), width=48)
                st.markdown(_told(card), anchors=False)
            _buttons(card)


def summary(cards: list[Card]) -> None:
    """How many are connected, and how many want a person."""
    urgent = sum(card.badge in STATUSES["attention"] for card in cards)
    text = say("integrations.summary", connected=connected(cards), total=len(cards))
    if urgent:
        text += f"  :orange[:material/warning: {say('integrations.urgent', count=urgent)}]"
    st.markdown(gray(text))


def badges(one: Badge, *, sandbox: bool) -> str:
    """The state, and that no real account is behind it, as Markdown."""
    color, icon = LOOKS[one]
    text = f":{color}-badge[{f'{icon} ' if icon else ''}{say(f'integrations.badge.{one.value}')}]"
    if sandbox:
        text += f" :violet-badge[:material/science: {say('integrations.badge.sandbox')}]"
    return text


def _status_name(status: str) -> str:
    return say(f"integrations.status.{status or 'all'}")


def _category_name(category: str) -> str:
    return say(f"shared.categories.{category}") if category else say("common.all")


def _description(card: Card) -> str:
    return wording.said(card.provider, "description")


def _told(card: Card) -> str:
    """Name, state, purpose and facts of a card, as one Markdown text."""
    sandbox = card.link is not None and card.link.in_sandbox
    state = badges(card.badge, sandbox=sandbox and card.badge is not Badge.NOT_CONNECTED)
    parts = (f"### {card.name}\n{state}", gray(_description(card)), "  \n".join(_facts(card)))
    return "\n\n".join(part for part in parts if part)


def _facts(card: Card) -> list[str]:
    """Account, last sync, and on trouble the reason with its fix."""
    if card.link is None or card.badge is Badge.NOT_CONNECTED:
        return []
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
    return lines


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
