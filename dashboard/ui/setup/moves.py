"""What the buttons of set-up do; each step is checked by a walk before the next is shown."""

import streamlit as st

from dashboard.contracts.forms import Form, HookSetup, MapFields, SignIn
from dashboard.contracts.manifest import Keys
from dashboard.ui import dialogs, guard, hook, mapping_table
from dashboard.ui.fields import read
from dashboard.ui.session import actor, desk, me
from dashboard.ui.setup import state
from dashboard.ui.setup.frames import account_frame, form_frame


def forward() -> None:
    """Check the step that is shown, and go on when it holds."""
    setup = state.held()
    with guard.noted(setup.provider, state.PLACE):
        step = setup.now()
        if isinstance(step, SignIn):
            sign_in()
        elif isinstance(step, Form):
            save_form(step)
        elif isinstance(step, MapFields):
            for stream in step.streams:
                mapping_table.save(setup.connection_id, stream)
        elif isinstance(step, HookSetup):
            hook.save(setup.connection_id, f"setup.events.{setup.connection_id}")
        setup.step += 1


def back() -> None:
    """Show the step before; what was typed stays."""
    setup = state.held()
    keep_typed()
    setup.step = max(0, setup.step - 1)
    setup.proof = None


def choose_environment() -> None:
    """Take over live or sandbox; a draft for the other one begins anew."""
    setup = state.held()
    setup.environment = st.session_state["setup.environment"]
    _start_over()


def choose_method() -> None:
    """Take over another way to sign in."""
    setup = state.held()
    setup.method = st.session_state["setup.method"]
    _start_over()


def begin() -> None:
    """Make the draft that sign-in needs, or take up the one there is, for what is chosen now."""
    setup = state.held()
    if setup.kind == dialogs.LOGIN:
        return
    connection = desk().connect.begin(
        actor(),
        setup.agent_id,
        setup.provider,
        method=setup.method,
        environment=setup.environment,
    )
    setup.connection_id = connection.id


def sign_in() -> None:
    """Prove pasted keys at the vendor."""
    setup = state.held()
    method = setup.manifest.method(setup.method)
    if not isinstance(method, Keys):
        return
    values = read(method.fields, account_frame(setup))
    setup.typed["account"] = values
    begin()
    account = desk().connect.submit_keys(actor(), setup.connection_id, values, method=method.id)
    setup.account = account.name
    # Keys that were proven live in the vault; the session forgets them.
    setup.typed.pop("account", None)


def prepare_flow() -> None:
    """Ask for the address of the vendor's consent page."""
    setup = state.held()
    method = setup.manifest.method(setup.method)
    fields = method.fields if method else ()
    with guard.noted(setup.provider, state.PLACE):
        values = read(fields, account_frame(setup))
        setup.typed["account"] = values
        begin()
        flow = desk().connect.authorize(actor(), setup.connection_id, values, owner=me().session)
        setup.flow_id, setup.authorization_url = flow.id, flow.authorization_url
        setup.redirect_uri = flow.redirect_uri


def sign_in_anew() -> None:
    """Drop the running trip to the vendor and offer another."""
    state.held().forget_sign_in()


def keep_account() -> None:
    """Go on with the account that was proven before."""
    state.held().step += 1


def save_form(step: Form) -> None:
    """Save one form's values next to what is already set."""
    setup = state.held()
    values = read(step.fields, form_frame(setup, step))
    setup.typed[step.name] = values
    desk().configure.save_settings(actor(), setup.connection_id, values)


def keep_typed() -> None:
    """Remember what the step's fields hold, for when the person comes back to it."""
    setup = state.held()
    step = setup.now()
    with guard.noted(setup.provider, state.PLACE):
        if isinstance(step, Form):
            setup.typed[step.name] = read(step.fields, form_frame(setup, step))


def test_again() -> None:
    """Forget the last test, so that it runs once more."""
    state.held().proof = None


def finish() -> None:
    """Close the dialog; the card shows the rest."""
    dialogs.close()
    st.session_state.pop("setup", None)


def _start_over() -> None:
    setup = state.held()
    setup.forget_sign_in()
    setup.account = ""
    if setup.environment == state.SANDBOX:
        # The samples to fill in are those of a world that the draft has.
        with guard.noted(setup.provider, state.PLACE):
            begin()
