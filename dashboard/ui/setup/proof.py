"""The last step: the real connection test, and what it proved."""

import streamlit as st

from dashboard.ui import checks, guard, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.setup import moves
from dashboard.ui.setup.state import PLACE, Setup


def draw(setup: Setup) -> None:
    """Run the test when it has not run, and show each thing it tried."""
    if setup.proof is None:
        with st.spinner(say("setup.testing")), guard.noted(setup.provider, PLACE):
            setup.proof = desk().connect.activate(actor(), setup.connection_id)
        guard.notices(PLACE)
    result = setup.proof
    if result is None:
        return
    if result.blocking:
        st.error(say("setup.not_proven"), icon=":material/error:")
    else:
        account = wording.plain(result.account.name if result.account else setup.account)
        st.success(say("setup.proven", name=setup.manifest.name, account=account))
    checks.draw(setup.provider, result.checks)


def footer(setup: Setup) -> None:
    """Test again, or be done."""
    proven = setup.proof is not None and not setup.proof.blocking
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if proven:
            st.button(
                say("setup.test_again"),
                key="setup.again",
                on_click=moves.test_again,
                type="tertiary",
                icon=":material/refresh:",
            )
            finish = st.button(say("setup.finish"), key="setup.finish", type="primary")
        else:
            st.button(say("common.back"), key="setup.back", on_click=moves.back)
            st.button(
                say("setup.test_again"),
                key="setup.again",
                on_click=moves.test_again,
                type="primary",
            )
            finish = False
    if finish:
        moves.finish()
        st.rerun()
