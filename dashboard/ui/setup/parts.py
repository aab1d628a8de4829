"""The steps between sign-in and the test."""

import streamlit as st

from dashboard.contracts.forms import Form, Guide, MapFields
from dashboard.ui import fields, frame, hook, mapping_table, wording
from dashboard.ui.session import say
from dashboard.ui.setup.frames import form_frame
from dashboard.ui.setup.state import Setup
from dashboard.ui.wording import said


def guide(setup: Setup, step: Guide) -> None:
    """Something to do at the vendor first."""
    st.link_button(
        say("setup.open_vendor", name=setup.manifest.name),
        step.link,
        icon=":material/open_in_new:",
    )


def form(setup: Setup, step: Form) -> None:
    """Settings."""
    fields.draw(step.fields, form_frame(setup, step))


def mapping(setup: Setup, step: MapFields) -> None:
    """The mapping tables, one tab a stream."""
    names = [said(setup.provider, "streams", stream) for stream in step.streams]
    for tab, stream in zip(frame.tabs(names), step.streams, strict=True):
        with tab:
            mapping_table.draw(setup.connection_id, setup.provider, stream)


def webhook(setup: Setup) -> None:
    """The address that the vendor calls, and which events are wanted."""
    link = setup.link()
    if link is None:
        return
    hook.address(link)
    hook.events(link, f"setup.events.{link.id}")


def help_text(provider: str, step: str) -> str:
    """The step's explanation, empty when it needs none."""
    name = f"{step}.help"
    return said(provider, "steps", name) if wording.has_said(provider, "steps", name) else ""
