"""Events of ours on their way to receivers: every try, the next one, and resending."""

from collections.abc import Mapping

import streamlit as st

from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.queries.traffic import AttemptRow, DeliveryRow
from dashboard.ui import frame, guard, receiver_list, session, traffic_parts, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said

STATES = {"pending": "blue", "delivering": "blue", "delivered": "green", "dead": "red"}


def draw(links: Mapping[str, Link]) -> None:
    """How each receiver stands, then a page of deliveries and the opened ones."""
    receiver_list.draw(links)
    state = traffic_parts.state("delivery", STATES)
    found = desk().queries.traffic.deliveries(
        list(links), state=state, page=traffic_parts.page("delivery"), size=traffic_parts.SIZE
    )
    if not found.rows:
        frame.empty(
            ":material/outbox:", say("webhooks.no_deliveries"), say("webhooks.no_deliveries_text")
        )
        return
    traffic_parts.found("deliveries", found.total)
    for row in found.rows:
        _delivery(row, links[row.connection_id])
    traffic_parts.pages("delivery", found.pages)


def _delivery(row: DeliveryRow, link: Link) -> None:
    badge = f":{STATES[row.state]}-badge[{say(f'webhooks.delivery.{row.state}')}]"
    key = f"delivery-{row.id}"
    name = said(link.provider, "events", row.event_type)
    opened = traffic_parts.row(key, badge, name, link, row.created_at)
    if opened:
        with opened:
            _detail(row, link)


def _detail(row: DeliveryRow, link: Link) -> None:
    guard.notices(f"delivery-{row.id}")
    if row.error_code:
        st.error(wording.problem(row.error_code, link.provider), icon=":material/error:")
    facts = [f"webhook-id: `{row.id}`", f"{say('webhooks.attempts')}: {row.attempts}"]
    if row.next_attempt_at and row.state == "pending":
        facts.append(f"{say('webhooks.next_attempt')}: {plain(wording.ago(row.next_attempt_at))}")
    st.markdown(gray(" · ".join(facts)))
    full = desk().queries.traffic.delivery(row.id) or row
    if full.tries:
        st.markdown(_tries(full.tries))
    frame.payload(row.payload, expanded=2)
    if session.allowed(Role.OPERATOR) and row.state != "delivering":
        st.button(
            say("webhooks.resend"),
            key=f"resend-{row.id}",
            icon=":material/replay:",
            on_click=_resend,
            args=(row.id, link.provider),
        )


def _tries(tries: tuple[AttemptRow, ...]) -> str:
    names = ("at", "status", "duration", "answer")
    lines = [
        "| " + " | ".join(say(f"webhooks.try.{name}") for name in names) + " |",
        "|:--|--:|--:|:--|",
    ]
    for one in tries:
        answer = plain((one.answer or one.error)[:200])
        moment = plain(wording.exactly(one.at))
        lines.append(f"| {moment} | {one.status or '—'} | {one.duration_ms} ms | {answer} |")
    return "\n".join(lines)


def _resend(delivery_id: str, provider: str) -> None:
    with guard.noted(provider, f"delivery-{delivery_id}"):
        desk().outbound.resend(actor(), delivery_id)
        guard.tell(say("webhooks.resent"), f"delivery-{delivery_id}")
