"""Show a failure as a sentence; let bugs surface."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.contracts.errors import ProviderError, Refusal
from dashboard.ui import wording


@contextmanager
def explained(provider: str = "") -> Iterator[None]:
    """Turn a failure into words on the spot; what follows in the block is not drawn."""
    try:
        yield
    except (Refusal, ProviderError) as error:
        st.error(wording.explanation(error, provider), icon=":material/error:")


@contextmanager
def noted(provider: str = "", place: str = "page") -> Iterator[None]:
    """For callbacks: keep the failure's words for the next `notices` of this place."""
    try:
        yield
    except (Refusal, ProviderError) as error:
        _keep(place, "error", wording.explanation(error, provider))


def tell(text: str, place: str = "page") -> None:
    """For callbacks: keep good news for the next `notices` of this place."""
    _keep(place, "success", text)


def warn(text: str, place: str = "page") -> None:
    """For callbacks: keep news that somebody should look at for the next `notices`."""
    _keep(place, "warning", text)


def notices(place: str = "page") -> None:
    """Draw what callbacks had to say, once."""
    for kind, text in st.session_state.pop(f"notices.{place}", []):
        if kind == "error":
            st.error(text, icon=":material/error:")
        elif kind == "warning":
            st.warning(text, icon=":material/warning:")
        else:
            st.success(text, icon=":material/check_circle:")


def _keep(place: str, kind: str, text: str) -> None:
    st.session_state.setdefault(f"notices.{place}", []).append((kind, text))
