"""Live lists at the vendor, read once for as long as a form is open."""

from collections.abc import Sequence

import streamlit as st

from dashboard.contracts.accounts import Choice
from dashboard.ui import guard
from dashboard.ui.fields import Live
from dashboard.ui.session import desk, say


def nothing(_name: str) -> Sequence[Choice]:
    """Before sign-in there is nobody to ask."""
    return ()


def of(connection_id: str, provider: str) -> Live:
    """Lists of this connection; a failure is explained next to the field."""

    def read(name: str) -> Sequence[Choice]:
        key = f"live.{connection_id}.{name}"
        if key not in st.session_state:
            with st.spinner(say("setup.reading_choices")), guard.explained(provider):
                st.session_state[key] = desk().lists.choices(connection_id, name)
        found: Sequence[Choice] = st.session_state.get(key, ())
        return found

    return read


def forget(connection_id: str) -> None:
    """Read the lists anew the next time they are needed."""
    for key in [k for k in st.session_state if str(k).startswith(f"live.{connection_id}.")]:
        del st.session_state[key]
