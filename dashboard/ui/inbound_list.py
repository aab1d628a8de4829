"""Events that came in: what each said, what became of it, and replay."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from dashboard import registry
from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.queries.traffic import EventRow
from dashboard.ui import frame, guard, held_list, session, traffic_parts, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, number, plain, said

STATES = {
    "received": "blue",
    "processing": "blue",
    "held": "orange",
    "done": "green",
    "dead": "red",
    "dropped": "gray",
}


def draw(links: Mapping[str, Link]) -> None:
    """What waits, then a page of events and the opened ones."""
    _refused(links)
    held_list.draw(links)
    state = traffic_parts.state("event", STATES)
    found = desk().queries.traffic.events(
        list(links), state=state, page=traffic_parts.page("event"), size=traffic_parts.SIZE
    )
    if not found.rows:
        frame.empty(":material/inbox:", say("webhooks.no_events"), say("webhooks.no_events_text"))
        return
    traffic_parts.found("events", found.total)
    if state == "dead" and session.allowed(Role.OPERATOR):
        _dead(links)
    for row in found.rows:
        _event(row, links[row.connection_id])
    traffic_parts.pages("event", found.pages)


def _dead(links: Mapping[str, Link]) -> None:
    """Everything that was given up, once more."""
    with st.popover(say("webhooks.dead_again"), icon=":material/replay:"):
        since = traffic_parts.since("event.since")
        st.markdown(gray(say("webhooks.replay_help")))
        st.button(
            say("webhooks.replay"),
            key="event.dead_again",
            type="primary",
            on_click=_replay_dead,
            args=([link.id for link in links.values() if link.state != "disconnected"], since),
        )


def _replay_dead(connection_ids: list[str], since: datetime) -> None:
    with guard.noted():
        by_hand = desk().inbound.by_hand
        count = sum(by_hand.replay_dead(actor(), one, since) for one in connection_ids)
        guard.tell(say("webhooks.replayed_dead", count=count))


def _refused(links: Mapping[str, Link]) -> None:
    counted = [link for link in links.values() if link.refused_signatures]
    for link in counted:
        name = registry.manifest(link.provider).name
        count = number(link.refused_signatures)
        st.warning(say("webhooks.refused", name=name, number=count), icon=":material/gpp_maybe:")


def _event(row: EventRow, link: Link) -> None:
    title = said(link.provider, "events", row.name) if row.name != "unknown" else row.vendor_name
    badge = f":{STATES[row.state]}-badge[{say(f'webhooks.event.{row.state}')}]"
    opened = traffic_parts.row(f"event-{row.id}", badge, title, link, row.received_at)
    if opened:
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
    frame.payload(row.payload, expanded=2)
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
