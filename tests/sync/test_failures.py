"""Every word of failure has one consequence, and each walk goes on until all is well again."""

from datetime import timedelta

import httpx
import pytest

from dashboard.connections.machine import State
from dashboard.store.connections import Connection
from dashboard.store.records import Record
from dashboard.store.sync import StreamState, SyncRun
from tests.pulse.desk import OPERATOR
from tests.pulse.vendor import contact, deal


@pytest.fixture
def desk(desk):
    desk.vendor.deals = {n: deal(n) for n in range(1, 4)}
    desk.vendor.contacts = {n: contact(n) for n in range(1, 3)}
    return desk


def answer(status, path="", **headers):
    def instead(request):
        hit = not path or request.url.path == path
        return httpx.Response(status, headers=headers) if hit else None

    return instead


def start(desk):
    run = desk.sync.request(OPERATOR, desk.connection_id, "button")
    desk.jobs.drain()
    return desk.row(SyncRun, run.id)


def test_a_missing_permission_switches_one_stream_off_until_somebody_asks_again(desk):
    desk.vendor.instead = answer(403, "/deals")

    run = start(desk)
    state = desk.row(StreamState, (desk.connection_id, "deals"))
    assert run.state == "partial"
    assert run.streams["contacts"]["state"] == "done"
    assert state.off_reason == "permission_missing"

    desk.vendor.instead = lambda _: None
    assert start(desk).state == "succeeded"
    assert desk.row(StreamState, (desk.connection_id, "deals")).off_reason == ""


def test_the_schedule_leaves_a_switched_off_stream_alone(desk, time):
    desk.vendor.instead = answer(403, "/deals")
    start(desk)
    desk.vendor.calls.clear()

    time.shift(timedelta(hours=1))
    desk.sync.due()
    desk.jobs.drain()
    assert "GET /deals" not in desk.vendor.calls
    assert desk.rows(SyncRun)[-1].state == "succeeded"


def test_a_rate_limit_puts_the_run_off_until_the_vendor_said(desk, time):
    desk.vendor.instead = answer(429, **{"retry-after": "90"})

    run = start(desk)
    assert (run.state, run.error_code) == ("queued", "rate_limited")
    assert run.retry_at - run.created_at == timedelta(seconds=90)
    assert desk.connection().state == State.ACTIVE

    desk.vendor.instead = lambda _: None
    time.shift(timedelta(seconds=91))
    desk.jobs.drain()
    assert desk.row(SyncRun, run.id).state == "succeeded"


def test_a_lost_login_waits_for_a_person_and_then_goes_on(desk, time):
    desk.vendor.instead = answer(401, "/contacts")

    run = start(desk)
    assert (run.state, run.error_code, run.retry_at) == ("queued", "auth_expired", None)
    assert desk.connection().state == State.NEEDS_REAUTH
    assert desk.jobs.of("sync.run") == []

    desk.vendor.instead = lambda _: None
    time.shift(timedelta(hours=2))
    desk.sync.revive()
    assert desk.jobs.drain() == []

    desk.change(state="active")
    desk.sync.revive()
    desk.jobs.drain()
    assert desk.row(SyncRun, run.id).state == "succeeded"
    assert len(desk.rows(Record)) == 5


def test_an_outage_is_retried_degrades_the_connection_and_ends_in_recovery(desk, time):
    desk.vendor.instead = answer(503)
    start(desk)
    for _ in range(2):
        time.shift(timedelta(minutes=16))
        desk.jobs.drain()

    assert desk.connection().state == State.DEGRADED
    desk.vendor.instead = lambda _: None
    time.shift(timedelta(minutes=16))
    desk.jobs.drain()
    assert desk.rows(SyncRun)[-1].state == "succeeded"
    assert desk.connection().state == State.ACTIVE


def test_a_lasting_outage_fails_the_run_and_the_schedule_tries_again(desk, time):
    desk.vendor.instead = answer(503)
    run = start(desk)
    for _ in range(6):
        time.shift(timedelta(minutes=16))
        desk.jobs.drain()

    assert desk.row(SyncRun, run.id).state == "failed"
    desk.vendor.instead = lambda _: None
    time.shift(timedelta(minutes=20))
    desk.sync.due()
    desk.jobs.drain()
    assert desk.rows(SyncRun)[-1].state == "succeeded"


def test_a_refused_request_fails_its_stream_and_no_other(desk):
    desk.vendor.instead = answer(400, "/deals")

    run = start(desk)
    assert run.state == "partial"
    assert run.streams["deals"]["error_code"] == "rejected"
    assert run.streams["contacts"]["state"] == "done"


def test_a_run_is_never_queued_for_ever(desk, time):
    run = desk.sync.request(OPERATOR, desk.connection_id, "button")
    desk.jobs.drop("sync.run")

    time.shift(timedelta(minutes=16))
    desk.sync.revive()
    desk.jobs.drain()
    assert desk.row(SyncRun, run.id).state == "succeeded"


def test_a_run_whose_connection_is_gone_ends(desk):
    run = desk.sync.request(OPERATOR, desk.connection_id, "button")
    desk.change(state="disconnected")

    desk.jobs.drain()
    assert desk.row(SyncRun, run.id).state == "cancelled"
    assert desk.row(Connection, desk.connection_id).next_due_at is None
