"""Runs of actions: how each stands, what came back, and what a person decides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import registry
from dashboard.actions.payload import masked
from dashboard.contracts.actions import Repeat
from dashboard.contracts.errors import ProviderError
from dashboard.contracts.people import Role
from dashboard.queries.journal import ActionRow, action_row
from dashboard.ui import frame, guard, schema_form, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said

RESULT = "try.result"
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


def badge(row: ActionRow) -> str:
    """The state of a run, as Markdown."""
    return f":{STATES.get(row.state, 'gray')}-badge[{say(f'agentspage.state.{row.state}')}]"


def history(agent_id: str) -> None:
    """What was asked for, and what waits for a person."""
    rows = desk().queries.journal.runs(agent_id, limit=30)
    if not rows:
        st.markdown(gray(say("agentspage.no_runs")))
        return
    for row in rows:
        title = said(row.provider, "actions", row.action)
        label = (
            f"{badge(row)} **{plain(title)}** · {registry.manifest(row.provider).name} · "
            f"{plain(wording.when(row.created_at))}"
        )
        opened = st.expander(label, key=f"run-{row.id}", on_change="rerun")
        if opened.open:
            with opened:
                detail(row, "history")


def detail(row: ActionRow, place: str) -> None:
    """Outcome, what came back, the decision that waits, and everything in full."""
    st.markdown(f"**{say('agentspage.outcome')}:** {badge(row)}")
    if row.error_code:
        failure = ProviderError(
            code=row.error_code, reason=row.error_reason, request_id=row.vendor_request_id
        )
        st.error(wording.explanation(failure, row.provider))
    if row.result:
        _result(row.result)
    decisions(row, place)
    with st.expander(say("agentspage.raw"), key=f"raw-{place}-{row.id}"):
        frame.payload(
            {"arguments": masked(row.arguments), "result": masked(row.result)}, expanded=2
        )
        st.markdown(gray(say("agentspage.asked_by", name=plain(row.requested_by))))


def _result(found: Mapping[str, Any]) -> None:
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


def decisions(row: ActionRow, place: str) -> None:
    """A proposed run waits for consent, an unknown one for somebody who looks."""
    words = _choices(row)
    if not words or not session.allowed(Role.OPERATOR):
        return
    st.info(say(f"agentspage.decide.{row.state}"))
    with st.container(horizontal=True):
        for word in words:
            st.button(
                say(f"agentspage.{word}"),
                key=f"{word}-{place}-{row.id}",
                type="primary" if word == words[0] else "secondary",
                on_click=_decided,
                args=(word, row),
            )


def _choices(row: ActionRow) -> tuple[str, ...]:
    if row.state == "proposed":
        return ("approve", "deny")
    if row.state != "unknown":
        return ()
    known = registry.actions(row.provider).get(row.action)
    tells = known is not None and known.repeat in (Repeat.KEYED, Repeat.LOOKUP)
    return (*(("check_again",) if tells else ()), "confirm_done", "confirm_not_done")


def _decided(word: str, row: ActionRow) -> None:
    with guard.noted(row.provider):
        work = getattr(desk().actions, word)
        _tell(word, action_row(work(actor(), row.id)))
        st.session_state.pop(RESULT, None)


def _tell(word: str, row: ActionRow) -> None:
    """What became of the run: an approved call may still have failed."""
    if word in ("deny", "confirm_done", "confirm_not_done") or row.state == "succeeded":
        guard.tell(say(f"agentspage.{word}_done"))
    elif row.state == "unknown":
        guard.warn(say("agentspage.still_unknown"))
    else:
        reason = wording.problem(row.error_code, row.provider) if row.error_code else ""
        state = say(f"agentspage.state.{row.state}")
        guard.warn(say("agentspage.decided_but", state=state, reason=reason))
