"""The trip to a vendor's consent page, seen from the dialog.

The window only opens and closes here: the code is exchanged in the callback route, and what
became of it is read from the flow's row. So a blocked or lost window loses nothing.
"""

from contextlib import suppress
from typing import Any

import streamlit as st
from httpx_oauth.oauth2 import OAuth2
from streamlit_oauth import OAuth2Component, StreamlitOauthError

from dashboard.queries.people import Flow
from dashboard.ui import guard, icons, wording
from dashboard.ui.session import desk, say
from dashboard.ui.setup import moves
from dashboard.ui.setup.state import PLACE, Setup
from dashboard.ui.wording import gray


class _Prepared(OAuth2):
    """Gives the component the address that the server has prepared, and exchanges nothing."""

    def __init__(self, address: str) -> None:
        super().__init__("", "", address, address)
        self._address = address

    async def get_authorization_url(self, *_args: Any, **_kwargs: Any) -> str:
        return self._address

    async def get_access_token(self, *_args: Any, **_kwargs: Any) -> Any:
        raise StreamlitOauthError("the exchange happens in the callback route")


def prepared(setup: Setup) -> None:
    """Ask for the consent page's address without a click, once for each attempt."""
    tried = st.session_state.get("setup.prepared")
    if tried != (setup.connection_id, setup.method, setup.attempt) or not tried:
        moves.prepare_flow()
        st.session_state["setup.prepared"] = (setup.connection_id, setup.method, setup.attempt)
    if setup.authorization_url:
        button(setup)
        return
    guard.notices(PLACE)
    st.button(
        say("setup.try_again"), key="setup.prepare", on_click=moves.prepare_flow, type="primary"
    )


def button(setup: Setup) -> None:
    """The button that opens the consent page, and a watch over what becomes of it."""
    with suppress(StreamlitOauthError):
        OAuth2Component(client=_Prepared(setup.authorization_url)).authorize_button(
            _label(setup),
            setup.redirect_uri,
            "",
            key=f"setup.oauth.{setup.flow_id}",
            icon=icons.address(setup.provider),
            use_container_width=True,
        )
    _watch(setup)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(gray(say("setup.popup_blocked")), width="content")
        st.link_button(
            say("setup.open_tab"),
            f"/oauth/start/{setup.flow_id}",
            type="tertiary",
            icon=":material/open_in_new:",
        )


def _label(setup: Setup) -> str:
    """The provider's own words for its sign-in, else ours."""
    word = wording.said(setup.provider, "methods", setup.method)
    if word != say("shared.methods.oauth"):
        return word
    return say("setup.sign_in_with", name=setup.manifest.name)


@st.fragment(run_every=1.0)
def _watch(setup: Setup) -> None:
    flow = desk().queries.people.flow(setup.flow_id)
    if flow is None or flow.expired:
        _failed(say("setup.flow_expired"))
    elif flow.status == "done":
        _done(setup)
    elif flow.status == "pending":
        st.markdown(gray(f":material/hourglass_top: {say('setup.waiting')}"))
    else:
        _failed(_reason(flow, setup.provider))


def _done(setup: Setup) -> None:
    link = setup.link()
    setup.account = link.account_name if link else ""
    setup.flow_id = setup.authorization_url = ""
    setup.step += 1
    st.rerun()


def _failed(text: str) -> None:
    st.error(text, icon=":material/error:")
    st.button(
        say("setup.try_again"),
        key="setup.sign_in_anew",
        on_click=moves.sign_in_anew,
        type="primary",
    )


def _reason(flow: Flow, provider: str) -> str:
    text = wording.problem(flow.error_code or "setup.flow_failed", provider)
    if not flow.error_reason:
        return text
    return f"{text}\n\n{gray(wording.reason(flow.error_reason, provider))}"
