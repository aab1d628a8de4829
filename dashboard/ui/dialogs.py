"""Which dialog or view is open on the start page; kept in the session, opened by links too."""

from collections.abc import Callable

import streamlit as st

from dashboard import registry

Opener = Callable[[str], None]
SETUP, LOGIN, DISCONNECT, CONFIGURE = "setup", "login", "disconnect", "configure"


def connect(provider: str) -> None:
    """Open set-up, or go on with it."""
    _open(SETUP, provider)


def login_again(provider: str) -> None:
    """Open set-up at its sign-in step, keeping every setting."""
    _open(LOGIN, provider)


def disconnect(provider: str) -> None:
    """Ask whether to disconnect."""
    _open(DISCONNECT, provider)


def configure(provider: str) -> None:
    """Show a connection's settings in place of the cards."""
    st.session_state["configured"] = provider
    st.query_params["configure"] = provider
    close()


def back_to_cards() -> None:
    """Show the cards again."""
    st.session_state.pop("configured", None)
    st.query_params.pop("configure", None)


def close() -> None:
    """Close whatever dialog is open."""
    st.session_state.pop("dialog", None)


def opened() -> tuple[str, str]:
    """(kind, provider) of the dialog that is open; empty words when none is."""
    kind, provider = st.session_state.get("dialog", ("", ""))
    return kind, provider


def configured() -> str:
    """The provider whose settings are shown; empty when the cards are."""
    provider = st.query_params.get("configure") or st.session_state.get("configured", "")
    return provider if provider in registry.ids() else ""


def follow_link() -> None:
    """Open what `?connect=` names, once for each time the link is followed."""
    asked = st.query_params.get("connect", "")
    if asked in registry.ids():
        connect(asked)
    if "connect" in st.query_params:
        del st.query_params["connect"]


def _open(kind: str, provider: str) -> None:
    st.session_state["dialog"] = (kind, provider)
    st.session_state.pop("setup", None)
