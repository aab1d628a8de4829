"""The set-up dialog: which step, how far, back and forward."""

from typing import Literal

import streamlit as st

from dashboard.contracts.forms import Form, Guide, HookSetup, MapFields, SignIn, Step
from dashboard.contracts.manifest import Keys
from dashboard.contracts.people import Role
from dashboard.ui import dialogs, frame, guard
from dashboard.ui.session import say
from dashboard.ui.setup import account, moves, parts, proof, state
from dashboard.ui.setup.state import PLACE, Proof, Setup
from dashboard.ui.wording import gray, said

Width = Literal["medium", "large"]
# Keeps a step's number with its name.
NBSP = "\N{NO-BREAK SPACE}"


def draw(agent_id: str) -> None:
    """Open the dialog when set-up is under way."""
    setup = state.current(agent_id)
    if setup is None:
        return
    word = "setup.login_title" if setup.kind == dialogs.LOGIN else "setup.title"
    title = say(word, name=setup.manifest.name)
    width = _width(setup)
    st.dialog(title, width=width, on_dismiss=dialogs.close)(_body)(setup, width)


def _width(setup: Setup) -> Width:
    """Tables need room."""
    return "large" if isinstance(setup.now(), MapFields) else "medium"


def _body(setup: Setup, drawn: Width) -> None:
    closed = dialogs.opened()[0] not in (dialogs.SETUP, dialogs.LOGIN)
    if closed or drawn != _width(setup):
        st.rerun()
    frame.needs(Role.OPERATOR)
    frame.readable()
    step = setup.now()
    _progress(setup, step)
    if setup.step == 0:
        account.environment(setup)
    guard.notices(PLACE)
    _step(setup, step)
    st.space("small")
    if isinstance(step, Proof):
        proof.footer(setup)
    else:
        _footer(setup, step)


def _progress(setup: Setup, step: Step | Proof) -> None:
    steps = setup.steps()
    place = steps.index(step) + 1
    said_steps = [
        f"**{number}.{NBSP}{title}**" if number == place else gray(f"{number}.{NBSP}{title}")
        for number, title in enumerate((_title(setup, one) for one in steps), 1)
    ]
    st.progress(place / len(steps), text=say("setup.progress", place=place, total=len(steps)))
    st.markdown(" › ".join(said_steps))
    explanation = "" if isinstance(step, Proof) else parts.help_text(setup.provider, step.name)
    if explanation:
        st.markdown(f":gray[{explanation}]")


def _title(setup: Setup, step: Step | Proof) -> str:
    if isinstance(step, Proof):
        return say("setup.proof")
    return said(setup.provider, "steps", step.name)


def _step(setup: Setup, step: Step | Proof) -> None:
    if isinstance(step, Guide):
        parts.guide(setup, step)
    elif isinstance(step, SignIn):
        account.draw(setup)
    elif isinstance(step, Form):
        parts.form(setup, step)
    elif isinstance(step, MapFields):
        parts.mapping(setup, step)
    elif isinstance(step, HookSetup):
        parts.webhook(setup)
    else:
        proof.draw(setup)


def _footer(setup: Setup, step: Step | Proof) -> None:
    signing_in = isinstance(step, SignIn)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            say("common.back"),
            key="setup.back",
            on_click=moves.back,
            disabled=setup.step == 0,
        )
        with st.container(horizontal=True, width="content", horizontal_alignment="right"):
            if signing_in and setup.account and setup.kind == dialogs.SETUP:
                st.button(say("setup.keep_account"), key="setup.keep", on_click=moves.keep_account)
            # With OAuth the vendor's answer leads on by itself.
            if not signing_in or isinstance(setup.manifest.method(setup.method), Keys):
                st.button(
                    say("setup.connect" if signing_in else "setup.next"),
                    key="setup.forward",
                    type="primary",
                    on_click=moves.forward,
                )
