"""What an agent may do by itself, and what a person must allow first."""

import streamlit as st

from dashboard.actions.catalogue import Offer
from dashboard.actions.policy import Decision
from dashboard.store.actions import ActionRule
from dashboard.ui import guard
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, spoken

PLACE = "rules"


def draw(agent_id: str, offer: Offer) -> None:
    """The rule about one action, as a small form."""
    rule = desk().queries.journal.rule(agent_id, offer.provider, offer.action)
    prefix = f"rule.{agent_id}.{offer.provider}.{offer.action}"
    with st.expander(say("agentspage.rule"), icon=":material/policy:"):
        guard.notices(PLACE)
        st.markdown(gray(say("agentspage.rule_text")))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            decisions = list(Decision)
            st.selectbox(
                say("agentspage.rule_decision"),
                decisions,
                index=decisions.index(Decision(rule.decision)),
                key=f"{prefix}.decision",
                format_func=spoken(decisions, lambda one: say(f"agentspage.decision.{one}")),
                width=240,
            )
            st.number_input(
                say("agentspage.rule_daily"),
                min_value=0,
                value=rule.daily_limit,
                step=1,
                key=f"{prefix}.daily",
                help=say("agentspage.rule_daily_help"),
                width=200,
            )
            _amount(offer, prefix, rule.amount_limit)
            st.button(
                say("common.save"), key=f"{prefix}.save", on_click=_saved, args=(agent_id, offer)
            )


def _amount(offer: Offer, prefix: str, limit: str) -> None:
    if "amount" in offer.input_schema.get("properties", {}):
        st.text_input(
            say("agentspage.rule_amount"),
            value=limit,
            key=f"{prefix}.amount",
            help=say("agentspage.rule_amount_help"),
            width=200,
        )


def _saved(agent_id: str, offer: Offer) -> None:
    prefix = f"rule.{agent_id}.{offer.provider}.{offer.action}"
    held = st.session_state
    rule = ActionRule(agent_id=agent_id, provider=offer.provider, action=offer.action)
    rule.decision = Decision(held[f"{prefix}.decision"]).value
    rule.daily_limit = int(held[f"{prefix}.daily"] or 0)
    rule.amount_limit = str(held.get(f"{prefix}.amount") or "").replace(",", ".").strip()
    with guard.noted(offer.provider, PLACE):
        desk().actions.set_rule(actor(), rule)
        guard.tell(say("agentspage.rule_saved"), PLACE)
