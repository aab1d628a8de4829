"""Receivers of our events: how each stands, a test, sending again, and a new secret."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import streamlit as st

from dashboard import registry
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Role
from dashboard.outbound.replays import choice
from dashboard.queries.overview import Link
from dashboard.queries.receivers import ReceiverRow
from dashboard.ui import guard, icons, session, traffic_parts, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, number, plain

LONGEST_OVERLAP_HOURS = 168


def draw(links: Mapping[str, Link]) -> None:
    """A box for each connected receiver."""
    guard.notices("receivers")
    for link in links.values():
        if link.state not in ("active", "degraded"):
            continue
        row = desk().queries.receivers.standing(link.id)
        if row is not None:
            with st.container(border=True, key=f"receiver-{link.id}"):
                _box(row, link)


def _box(row: ReceiverRow, link: Link) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(icons.image(link.provider), width=40)
        name = registry.manifest(link.provider).name
        st.markdown(f"### {name} {_badge(row)}\n{gray(_facts(row))}", anchors=False)
    if row.error_code:
        st.markdown(f":red[{wording.problem(row.error_code, link.provider)}]")
    _reasons(row, link)
    _new_secret(link)
    if session.allowed(Role.OPERATOR):
        with st.container(horizontal=True, gap="small"):
            _buttons(row, link)


def _badge(row: ReceiverRow) -> str:
    if row.paused:
        return f":gray-badge[:material/pause_circle: {say('webhooks.receiver.paused')}]"
    if row.failing_since:
        return f":orange-badge[:material/warning: {say('webhooks.receiver.failing')}]"
    return f":green-badge[:material/check_circle: {say('webhooks.receiver.well')}]"


def _facts(row: ReceiverRow) -> str:
    facts = [
        f"{say('webhooks.count.deliveries_waiting')}: {number(row.waiting)}",
        f"{say('webhooks.count.deliveries_dead')}: {number(row.dead)}",
    ]
    if row.waiting and row.next_attempt_at:
        ago = plain(wording.ago(row.next_attempt_at))
        facts.append(f"{say('webhooks.next_attempt')}: {ago}")
    if row.failing_since:
        facts.append(plain(say("webhooks.failing_since", ago=wording.ago(row.failing_since))))
    if row.ordered:
        facts.append(say("webhooks.ordered"))
    return " · ".join(facts)


def _reasons(row: ReceiverRow, link: Link) -> None:
    """Why deliveries were given up."""
    if not row.dead:
        return
    for one in desk().queries.receivers.dead_reasons([link.id]):
        why = wording.problem(one.error_code, link.provider) or say("common.went_wrong")
        count = say("webhooks.dead_for", count=one.count)
        st.markdown(f":red-badge[{count}] :small[{why}]")


def _buttons(row: ReceiverRow, link: Link) -> None:
    if row.paused:
        _button("enable", link, ":material/play_arrow:")
        return
    _button("send_test", link, ":material/send:")
    with st.popover(say("webhooks.send_again"), icon=":material/replay:"):
        _send_again(link)
    if row.signed:
        with st.popover(say("webhooks.new_secret"), icon=":material/key:"):
            _rotate(link)


def _button(word: str, link: Link, icon: str) -> None:
    label = say(f"webhooks.{word}", name=registry.manifest(link.provider).name)
    key = f"{word.replace('_', '-')}-{link.id}"
    st.button(label, key=key, icon=icon, on_click=_DO[word], args=(link,))


def _send_again(link: Link) -> None:
    since = traffic_parts.since(f"since-{link.id}")
    with guard.explained(link.provider):
        count = desk().outbound.replays.count(actor(), choice(link.id, since))
        st.button(
            say("webhooks.send_again_yes", count=count),
            key=f"replay-{link.id}",
            type="primary",
            disabled=not count,
            on_click=_replayed,
            args=(link, since),
        )


def _replayed(link: Link, since: datetime) -> None:
    with guard.noted(link.provider, "receivers"):
        count = desk().outbound.replays.replay(actor(), choice(link.id, since))
        guard.tell(say("webhooks.resent_all", count=count), "receivers")


def _rotate(link: Link) -> None:
    until = _overlap(link)
    if until is not None:
        st.markdown(say("webhooks.overlap_runs", moment=plain(wording.exactly(until))))
        st.button(
            say("webhooks.overlap_end"),
            key=f"overlap-end-{link.id}",
            on_click=_overlap_ended,
            args=(link,),
        )
        return
    st.markdown(say("webhooks.new_secret_text"))
    key = f"overlap-{link.id}"
    st.number_input(
        say("webhooks.overlap_hours"),
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        value=24,
        key=key,
        help=say("webhooks.overlap_help"),
    )
    st.button(
        say("webhooks.new_secret_yes"),
        key=f"rotate-{link.id}",
        type="primary",
        on_click=_rotated,
        args=(link, key),
    )


def _overlap(link: Link) -> datetime | None:
    try:
        return desk().outbound.signing.overlap_until(actor(), link.id)
    except Refusal as refusal:
        st.error(wording.explanation(refusal, link.provider))
        return None


def _rotated(link: Link, key: str) -> None:
    with guard.noted(link.provider, "receivers"):
        overlap = timedelta(hours=int(st.session_state[key]))
        made = desk().outbound.signing.rotate(actor(), link.id, overlap)
        st.session_state[f"secret-{link.id}"] = made.secret


def _new_secret(link: Link) -> None:
    """The new secret, drawn in one run only."""
    secret = st.session_state.pop(f"secret-{link.id}", "")
    if secret:
        st.success(say("webhooks.secret_once"), icon=":material/key:")
        st.code(secret, language=None, wrap_lines=True)


def _overlap_ended(link: Link) -> None:
    with guard.noted(link.provider, "receivers"):
        desk().outbound.signing.end_overlap(actor(), link.id)
        guard.tell(say("webhooks.overlap_ended"), "receivers")


def _enabled(link: Link) -> None:
    with guard.noted(link.provider, "receivers"):
        count = desk().outbound.enable(actor(), link.id)
        guard.tell(say("webhooks.enabled", count=count), "receivers")


def _tested(link: Link) -> None:
    with guard.noted(link.provider, "receivers"):
        tried = desk().outbound.send_test(actor(), link.id)
        if 200 <= tried.status < 300:
            guard.tell(say("webhooks.test_taken", status=tried.status), "receivers")
        else:
            answer = plain(str(tried.status or tried.error))
            guard.warn(say("webhooks.test_refused", answer=answer), "receivers")


_DO = {"enable": _enabled, "send_test": _tested}
