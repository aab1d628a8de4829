"""Events that came in: what each said, what became of it, and replay."""

from collections.abc import Mapping

import streamlit as st

from dashboard import registry
from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.queries.traffic import EventRow
from dashboard.ui import frame, guard, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, number, plain, said, spoken

SIZE = 25
STATES = {
    "received": ("blue", ":material/inbox:"),
    "processing": ("blue", ":material/sync:"),
    "held": ("orange", ":material/pause_circle:"),
    "done": ("green", ":material/check_circle:"),
    "dead": ("red", ":material/error:"),
    "dropped": ("gray", ":material/block:"),
}


def draw(links: Mapping[str, Link]) -> None:
    """A page of events and the chosen one."""
    _refused(links)
    state = st.segmented_control(
        say("webhooks.state"),
        ["", *STATES],
        default="",
        required=True,
        key="inbound.state",
        format_func=spoken(["", *STATES], _state_name),
        label_visibility="collapsed",
    )
    page = int(st.session_state.get("inbound.page", 1))
    rows, total = desk().queries.traffic.events(
        list(links), state=str(state or ""), page=page, size=SIZE
    )
    if not rows:
        frame.empty(":material/inbox:", say("webhooks.no_events"), say("webhooks.no_events_text"))
        return
    st.markdown(gray(say("webhooks.events_found", count=total)))
    for row in rows:
        _event(row, links[row.connection_id])
    if total > SIZE:
        st.pagination(-(-total // SIZE), key="inbound.page")


def _state_name(state: str) -> str:
    return say(f"webhooks.event.{state}") if state else say("common.all")


def _refused(links: Mapping[str, Link]) -> None:
    counted = [link for link in links.values() if link.refused_signatures]
    for link in counted:
        name = registry.manifest(link.provider).name
        count = number(link.refused_signatures)
        st.warning(say("webhooks.refused", name=name, number=count), icon=":material/gpp_maybe:")


def _event(row: EventRow, link: Link) -> None:
    color, _ = STATES[row.state]
    name = registry.manifest(link.provider).name
    title = said(link.provider, "events", row.name) if row.name != "unknown" else row.vendor_name
    label = (
        f":{color}-badge[{say(f'webhooks.event.{row.state}')}] **{plain(title)}** · {name} · "
        f"{plain(wording.when(row.received_at))}"
    )
    opened = st.expander(label, key=f"event-{row.id}", on_change="rerun")
    if opened.open:
        with opened:
            _detail(row, link)


def _detail(row: EventRow, link: Link) -> None:
    guard.notices(f"event-{row.id}")
    if row.error_code:
        st.error(wording.problem(row.error_code, link.provider), icon=":material/error:")
        if row.error_reason:
            st.markdown(gray(wording.reason(row.error_reason, link.provider)))
    st.markdown(
        gray(
            " · ".join(
                (
                    f"{say('webhooks.vendor_event')}: `{row.vendor_name}`",
                    f"{say('webhooks.vendor_id')}: `{row.vendor_id}`",
                    f"{say('webhooks.attempts')}: {row.attempts}",
                    f"{say('webhooks.processed')}: {plain(wording.exactly(row.processed_at))}",
                )
            )
        )
    )
    st.json(dict(row.payload), expanded=2)
    if session.allowed(Role.OPERATOR) and row.state in ("done", "dead", "dropped"):
        st.button(
            say("webhooks.replay"),
            key=f"replay-{row.id}",
            icon=":material/replay:",
            help=say("webhooks.replay_help"),
            on_click=_replay,
            args=(row.id, link.provider),
        )


def _replay(event_id: str, provider: str) -> None:
    with guard.noted(provider, f"event-{event_id}"):
        desk().inbound.replay(actor(), event_id)
        guard.tell(say("webhooks.replayed"), f"event-{event_id}")
