"""What every page begins with: its title, the language and the person."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import texts
from dashboard.contracts.people import Role
from dashboard.ui import guard, session, wording
from dashboard.ui.session import say

_READABLE = """<style>
[role=tablist] { flex-wrap: wrap; row-gap: 0; }
[data-testid=stButtonGroup] button, [data-testid=stButtonGroup] button * {
  white-space: normal; height: auto;
}
[data-testid=stMarkdownContainer] td + td { overflow-wrap: anywhere; }
[data-testid=stJson] .variable-value * { color: inherit !important; }
@media (prefers-color-scheme: dark) {
  [data-testid=stTab][aria-selected=true] *,
  button[kind=tertiary][aria-expanded=true] *,
  [data-testid=stButtonGroup] [data-selected=true] * { color: #9db2ff !important; }
}</style>"""


def title(area: str) -> None:
    """The page's name and its one-sentence purpose, and on the right who is here."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(say(f"{area}.title"), anchor=False, width="content")
        _person()
    st.markdown(f":gray[{say(f'{area}.lead')}]")
    guard.notices()


def tabs(labels: Sequence[str], key: str | None = None) -> Sequence[DeltaGenerator]:
    """Tabs whose chosen one can be read in the dark too."""
    readable()
    return st.tabs(labels, key=key)


def payload(kept: Mapping[str, Any], *, expanded: bool | int = True) -> None:
    """What was sent or received, as JSON that can be folded."""
    readable()
    st.json(dict(kept), expanded=expanded)


def readable() -> None:
    """Let nothing be cut on a phone, and no text be too faint.

    Tabs, pills and long values wrap. Streamlit's primary colour lies under white text of buttons,
    so it is too dark for words on the dark ground (4.0:1); its colours of JSON reach 3.2:1 only.
    """
    st.html(_READABLE)


def toolbar() -> DeltaGenerator:
    """A row of choices that wraps on narrow screens."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small")


def needs(role: Role) -> None:
    """Stop here, with an explanation, when the person's role is too low."""
    if session.allowed(role):
        return
    empty(
        ":material/lock:",
        say("common.forbidden_title"),
        say("common.forbidden_text", role=say(f"common.role.{role.value}")),
    )
    st.stop()


def empty(icon: str, heading: str, text: str) -> None:
    """A designed empty state: what is missing and what to do about it."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.markdown(f"# :gray[{icon}]", width="content", anchors=False)
        st.markdown(f"### {heading}", width="content", anchors=False, text_alignment="center")
        st.markdown(f":gray[{text}]", width="content", text_alignment="center")
        st.space("small")


def section(heading: str, text: str = "") -> None:
    """A part of a page with its purpose."""
    st.markdown(f"#### {heading}", anchors=False)
    if text:
        st.markdown(wording.gray(text))


def facts(pairs: Mapping[str, object]) -> None:
    """Names and values side by side, wrapping on narrow screens; empty values are left out."""
    shown = {name: value for name, value in pairs.items() if value not in (None, "")}
    if not shown:
        return
    board = st.grid("auto", min_column_width=200, gap="small")
    for name, value in shown.items():
        board.markdown(f"{wording.gray(name)}  \n{wording.plain(value)}")


def no_agents() -> None:
    """There is no agent yet: offer to make the first one."""
    empty(":material/smart_toy:", say("common.no_agents_title"), say("common.no_agents_text"))
    if session.allowed(Role.OPERATOR):
        st.page_link("../../pages/agents.py", label=say("common.make_agent"), icon=":material/add:")


def _switch_language() -> None:
    session.choose_language(st.session_state["language_switch"])


def _person() -> None:
    """Who is here; the language lies in the popover, which costs nothing until it is opened."""
    person = session.me()
    st.session_state["language_switch"] = session.language()
    with st.popover(
        person.name.split()[0][:14],
        icon=":material/account_circle:",
        help=say("menu.account"),
        type="tertiary",
    ):
        readable()
        role = say(f"common.role.{person.role.value}")
        name, email = wording.plain(person.name), wording.plain(person.email)
        st.markdown(f"**{name}**  \n{wording.gray(email)}  \n:gray-badge[:material/badge: {role}]")
        st.segmented_control(
            say("menu.language"),
            texts.LANGUAGES,
            key="language_switch",
            format_func=str.upper,
            required=True,
            on_change=_switch_language,
        )
        st.link_button(say("menu.sign_out"), "/logout", icon=":material/logout:")
