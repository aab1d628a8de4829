"""Events of ours on their way to receivers: every try, the next one, and resending."""

from collections.abc import Mapping

import streamlit as st

from dashboard import registry
from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.queries.traffic import AttemptRow, DeliveryRow
from dashboard.ui import frame, guard, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, spoken

SIZE = 25
STATES = {
    "pending": ("blue", ":material/schedule:"),
    "delivering": ("blue", ":material/sync:"),
    "delivered": ("green", ":material/check_circle:"),
    "dead": ("red", ":material/error:"),
}


def draw(links: Mapping[str, Link]) -> None:
    """A page of deliveries and the chosen one."""
    receivers = [link for link in links.values() if _receives(link)]
    _tests(receivers)
    state = st.segmented_control(
        say("webhooks.state"),
        ["", *STATES],
        default="",
        required=True,
        key="outbound.state",
        format_func=spoken(["", *STATES], _state_name),
        label_visibility="collapsed",
    )
    page = int(st.session_state.get("outbound.page", 1))
    rows, total = desk().queries.traffic.deliveries(
        list(links), state=str(state or ""), page=page, size=SIZE
    )
    if not rows:
        frame.empty(
            ":material/outbox:", say("webhooks.no_deliveries"), say("webhooks.no_deliveries_text")
        )
        return
    st.markdown(gray(say("webhooks.deliveries_found", count=total)))
    if state == "dead" and session.allowed(Role.OPERATOR):
        _all_again([row.id for row in rows])
    for row in rows:
        _delivery(row, links[row.connection_id])
    if total > SIZE:
        st.pagination(-(-total // SIZE), key="outbound.page")


def _all_again(delivery_ids: list[str]) -> None:
    st.button(
        say("webhooks.resend_all", count=len(delivery_ids)),
        key="resend-all",
        icon=":material/replay:",
        on_click=_resend_all,
        args=(delivery_ids,),
    )


def _receives(link: Link) -> bool:
    manifest = registry.manifest(link.provider)
    return manifest.deliveries is not None and link.state in ("active", "degraded")


def _tests(receivers: list[Link]) -> None:
    if not receivers or not session.allowed(Role.OPERATOR):
        return
    with st.container(horizontal=True):
        for link in receivers:
            name = registry.manifest(link.provider).name
            st.button(
                say("webhooks.send_test", name=name),
                key=f"send-test-{link.id}",
                icon=":material/send:",
                on_click=_send_test,
                args=(link.id, link.provider),
            )


def _state_name(state: str) -> str:
    return say(f"webhooks.delivery.{state}") if state else say("common.all")


def _delivery(row: DeliveryRow, link: Link) -> None:
    color, _ = STATES[row.state]
    name = registry.manifest(link.provider).name
    label = (
        f":{color}-badge[{say(f'webhooks.delivery.{row.state}')}] **{plain(row.event_type)}** · "
        f"{name} · {plain(wording.when(row.created_at))}"
    )
    opened = st.expander(label, key=f"delivery-{row.id}", on_change="rerun")
    if opened.open:
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
    st.json(dict(row.payload), expanded=2)
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


def _resend_all(delivery_ids: list[str]) -> None:
    with guard.noted():
        for delivery_id in delivery_ids:
            desk().outbound.resend(actor(), delivery_id)
        guard.tell(say("webhooks.resent_all", count=len(delivery_ids)))


def _send_test(connection_id: str, provider: str) -> None:
    with guard.noted(provider):
        desk().outbound.send_test(actor(), connection_id)
        guard.tell(say("webhooks.test_sent"))
