"""Do by hand what an agent would do: choose, fill in, run, see what came back."""

from collections.abc import Sequence

import streamlit as st

from dashboard import registry
from dashboard.actions.catalogue import Offer
from dashboard.contracts.people import Role
from dashboard.queries.journal import ActionRow, action_row
from dashboard.ui import action_rules, frame, guard, runs, schema_form, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, said, spoken

EFFECTS = {"read": "gray", "write": "blue", "destroy": "red"}
FORBIDDEN = "actions.forbidden"


def draw(agent_id: str) -> None:
    """The panel for one agent."""
    offers = desk().actions.catalogue(actor(), agent_id)
    usable = [offer for offer in offers if offer.available or offer.why_not == FORBIDDEN]
    if not usable:
        frame.empty(
            ":material/bolt:", say("agentspage.no_actions"), say("agentspage.no_actions_text")
        )
        return
    offer = _choose(usable)
    with st.container(border=True):
        _what(offer)
        prefix = f"try.{agent_id}.{offer.provider}.{offer.action}"
        schema_form.draw(offer.input_schema, prefix)
        if not offer.available:
            st.warning(wording.problem(offer.why_not), icon=":material/block:")
        elif session.allowed(Role.OPERATOR):
            st.button(
                say("agentspage.run"),
                key="try.run",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_run,
                args=(agent_id, offer, prefix),
            )
        guard.notices("try")
        _result(agent_id, offer)
    if session.allowed(Role.ADMIN):
        action_rules.draw(agent_id, offer)


def _choose(offers: Sequence[Offer]) -> Offer:
    providers = list(dict.fromkeys(offer.provider for offer in offers))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        provider = st.selectbox(
            say("agentspage.integration"),
            providers,
            key="try.provider",
            format_func=lambda one: registry.manifest(one).name,
            width=240,
        )
        fitting = {offer.action: offer for offer in offers if offer.provider == provider}
        action = st.selectbox(
            say("agentspage.action"),
            list(fitting),
            key=f"try.action.{provider}",
            format_func=spoken(list(fitting), lambda one: said(str(provider), "actions", one)),
            width=320,
        )
    return fitting[str(action)]


def _what(offer: Offer) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = said(offer.provider, "actions", offer.action)
        st.markdown(f"### {title}", anchors=False, width="content")
        color = EFFECTS.get(offer.effect, "gray")
        st.badge(say(f"agentspage.effect.{offer.effect}"), color=color)  # type: ignore[arg-type]
        st.markdown(gray(f"`{offer.provider}.{offer.action}`"), width="content")


def _run(agent_id: str, offer: Offer, prefix: str) -> None:
    st.session_state.pop(runs.RESULT, None)
    with guard.noted(offer.provider, "try"):
        arguments = schema_form.read(offer.input_schema, prefix)
        run = desk().actions.run(actor(), agent_id, offer.provider, offer.action, arguments)
        st.session_state[runs.RESULT] = action_row(run)


def _result(agent_id: str, offer: Offer) -> None:
    row = st.session_state.get(runs.RESULT)
    if not isinstance(row, ActionRow):
        return
    if (row.agent_id, row.provider, row.action) == (agent_id, offer.provider, offer.action):
        runs.detail(row, "result")
