"""The desk behind every page, the person in front of it, and the language between them."""

from functools import cache
from typing import Any

import streamlit as st

from dashboard import assembly, texts
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import RANK, Actor, Role
from dashboard.settings import settings
from dashboard.staff.language import COOKIE
from dashboard.staff.sessions import SignedIn

DEFAULT = "ru"
_held: list[Dashboard] = []


def hold(dashboard: Dashboard) -> None:
    """Give the pages the desk that this process has assembled."""
    _held[:] = [dashboard]


def desk() -> Dashboard:
    """The assembled desk of this process; built on first use when nobody has given one."""
    if not _held:
        hold(_built())
    return _held[0]


@cache
def _built() -> Dashboard:
    return assembly.build(settings())


def person() -> SignedIn:
    """Who is signed in, read from the database once in every run of a page.

    Raises:
        Refusal: `login.ended` (401) after sign-out, expiry or disabling.
    """
    found = desk().staff.sessions.find(str(st.user.get("session") or ""))
    if found is None:
        raise Refusal("menu.signed_out", 401)
    return found


def enter() -> SignedIn:
    """Check the person at the start of a run, and stop the run when they are gone."""
    try:
        found = person()
    except Refusal as refusal:
        st.error(say(refusal.code), icon=":material/lock:")
        st.link_button(say("menu.sign_in"), "/login", type="primary")
        st.stop()
    st.session_state["person"] = found
    return found


def me() -> SignedIn:
    """The person of this run, as `enter` found them."""
    found: SignedIn = st.session_state["person"]
    return found


def actor() -> Actor:
    """The person as the one who acts; asked anew, so that a change of role counts at once."""
    return person().actor


def allowed(role: Role) -> bool:
    """Whether to draw what only this role may press; the walks check again."""
    return RANK[me().role] >= RANK[role]


def language() -> str:
    """`?lang`, then this session's choice, the person's, the cookie's, the browser's."""
    chosen = st.session_state.get("language")
    if not isinstance(chosen, str):
        chosen = _first_language()
        st.session_state["language"] = chosen
    return chosen


def _first_language() -> str:
    known: Any = st.session_state.get("person")
    wishes = (
        st.query_params.get("lang"),
        known.language if known else "",
        st.context.cookies.get(COOKIE),
        (st.context.locale or "")[:2],
    )
    # Under test the cookies give objects that are no text.
    return next((w for w in wishes if isinstance(w, str) and w in texts.LANGUAGES), DEFAULT)


def choose_language(code: str) -> None:
    """Speak this language from now on, and remember it for this person."""
    st.session_state["language"] = code
    desk().staff.people.set_language(me().id, code)


def say(key: str, /, **values: object) -> str:
    """A sentence in the person's language."""
    return texts.say(language(), key, **values)
