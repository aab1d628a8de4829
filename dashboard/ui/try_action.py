"""Do by hand what an agent would do: choose, fill in, run, see what came back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import registry
from dashboard.actions.catalogue import Offer
from dashboard.contracts.errors import ProviderError
from dashboard.contracts.people import Role
from dashboard.queries.journal import ActionRow, action_row
from dashboard.ui import action_rules, frame, guard, schema_form, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said, spoken

EFFECTS = {"read": "gray", "write": "blue", "destroy": "red"}
FORBIDDEN = "actions.forbidden"
LINKS = ("pay_url", "url", "meeting_link")
STATES = {
    "succeeded": "green",
    "failed": "red",
    "unknown": "orange",
    "proposed": "violet",
    "denied": "red",
    "running": "blue",
    "approved": "blue",
}


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


def history(agent_id: str) -> None:
    """What was asked for, and what waits for a person."""
    rows = desk().queries.journal.runs(agent_id, limit=30)
    if not rows:
        st.markdown(gray(say("agentspage.no_runs")))
        return
    for row in rows:
        title = said(row.provider, "actions", row.action)
        label = (
            f":{STATES.get(row.state, 'gray')}-badge[{say(f'agentspage.state.{row.state}')}] "
            f"**{plain(title)}** · {registry.manifest(row.provider).name} · "
            f"{plain(wording.when(row.created_at))}"
        )
        opened = st.expander(label, key=f"run-{row.id}", on_change="rerun")
        if opened.open:
            with opened:
                _detail(row, "history")


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
    st.session_state.pop("try.result", None)
    with guard.noted(offer.provider, "try"):
        arguments = schema_form.read(offer.input_schema, prefix)
        run = desk().actions.run(actor(), agent_id, offer.provider, offer.action, arguments)
        st.session_state["try.result"] = action_row(run)


def _result(agent_id: str, offer: Offer) -> None:
    row = st.session_state.get("try.result")
    if not isinstance(row, ActionRow):
        return
    if (row.agent_id, row.provider, row.action) == (agent_id, offer.provider, offer.action):
        _detail(row, "result")


def _detail(row: ActionRow, place: str) -> None:
    state = say(f"agentspage.state.{row.state}")
    st.markdown(f"**{say('agentspage.outcome')}:** :{STATES.get(row.state, 'gray')}-badge[{state}]")
    if row.error_code:
        failure = ProviderError(
            code=row.error_code, reason=row.error_reason, request_id=row.vendor_request_id
        )
        st.error(wording.explanation(failure, row.provider))
    if row.result:
        result(row.result)
    _decide(row, place)
    with st.expander(say("agentspage.raw"), key=f"raw-{place}-{row.id}"):
        st.json({"arguments": dict(row.arguments), "result": dict(row.result)}, expanded=2)
        st.markdown(gray(say("agentspage.asked_by", name=plain(row.requested_by))))


def result(found: Mapping[str, Any]) -> None:
    """What came back: links to press, spans of time as a list, the rest as a table."""
    for name, value in found.items():
        if name in LINKS and str(value).startswith("https://"):
            st.link_button(
                say(f"agentspage.open.{name}"), str(value), icon=":material/open_in_new:"
            )
            st.code(str(value), language=None, wrap_lines=True)
    for name in ("busy", "slots"):
        if name in found:
            _spans(name, found[name])
    simple = {n: v for n, v in found.items() if isinstance(v, (str, int, float)) and v != ""}
    shown = {n: v for n, v in simple.items() if n not in LINKS}
    frame.facts({schema_form.label(name): _said(value) for name, value in shown.items()})


def _said(value: object) -> str:
    if isinstance(value, bool):
        return say("common.yes" if value else "common.no")
    try:
        return (
            wording.exactly(datetime.fromisoformat(str(value))) if "T" in str(value) else str(value)
        )
    except ValueError:
        return str(value)


def _spans(name: str, spans: Sequence[Mapping[str, str]]) -> None:
    if not spans:
        st.markdown(gray(say(f"agentspage.no_{name}")))
        return
    lines = []
    for span in spans:
        begin, end = (datetime.fromisoformat(str(span[key])) for key in ("starts_at", "ends_at"))
        lines.append(f"- {plain(wording.when(begin))} — {plain(wording.when(end))}")
    st.markdown(f"**{say(f'agentspage.{name}')}**\n" + "\n".join(lines))


def _decide(row: ActionRow, place: str) -> None:
    """A proposed run waits for consent, an unknown one for somebody who looked."""
    choices = {"proposed": ("approve", "deny"), "unknown": ("confirm_done", "confirm_not_done")}
    if row.state not in choices or not session.allowed(Role.OPERATOR):
        return
    st.info(say(f"agentspage.decide.{row.state}"))
    with st.container(horizontal=True):
        for word in choices[row.state]:
            st.button(
                say(f"agentspage.{word}"),
                key=f"{word}-{place}-{row.id}",
                on_click=_decided,
                args=(word, row),
            )


def _decided(word: str, row: ActionRow) -> None:
    with guard.noted(row.provider):
        actions = desk().actions
        work = {
            "approve": actions.approve,
            "deny": actions.deny,
            "confirm_done": actions.confirm_done,
            "confirm_not_done": actions.confirm_not_done,
        }[word]
        work(actor(), row.id)
        st.session_state.pop("try.result", None)
        guard.tell(say(f"agentspage.{word}_done"))
