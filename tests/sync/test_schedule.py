"""The schedule follows the chosen frequency, claims each connection once, and can be paused."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.store.sync import SyncRun
from tests.pulse.desk import OPERATOR


def finish_one(desk):
    desk.sync.request(OPERATOR, desk.connection_id, "button")
    desk.jobs.drain()
    return desk.connection().next_due_at - clock.now()


@pytest.mark.parametrize(
    ("frequency", "minutes"), [("real_time", 15), ("5_minutes", 5), ("hourly", 60)]
)
def test_the_next_reading_follows_the_frequency_with_a_tenth_of_jitter(desk, frequency, minutes):
    desk.change(settings={"frequency": frequency})

    pause = finish_one(desk)
    assert timedelta(minutes=minutes) * 0.89 < pause < timedelta(minutes=minutes) * 1.11


def test_a_due_connection_is_claimed_once(desk, time):
    desk.change(next_due_at=clock.now())
    desk.sync.due()
    desk.sync.due()

    assert len(desk.jobs.of("sync.run")) == 1
    time.shift(timedelta(minutes=1))
    desk.jobs.drain()
    assert [run.reason for run in desk.rows(SyncRun)] == ["schedule"]


@pytest.mark.parametrize(
    "values", [{"paused": True}, {"state": "needs_reauth"}, {"state": "draft"}]
)
def test_only_working_connections_are_read_by_the_schedule(desk, values):
    desk.change(next_due_at=clock.now(), **values)

    desk.sync.due()
    assert desk.rows(SyncRun) == []


def test_pause_stops_the_schedule_and_resume_starts_it(desk, time):
    desk.sync.pause(OPERATOR, desk.connection_id)
    time.shift(timedelta(hours=3))
    desk.sync.due()
    assert desk.rows(SyncRun) == []

    desk.sync.resume(OPERATOR, desk.connection_id)
    desk.sync.due()
    assert len(desk.rows(SyncRun)) == 1


def test_a_paused_connection_can_still_be_read_by_hand(desk):
    desk.sync.pause(OPERATOR, desk.connection_id)
    desk.sync.request(OPERATOR, desk.connection_id, "button")
    desk.jobs.drain()

    assert desk.rows(SyncRun)[-1].state == "succeeded"
    assert desk.connection().next_due_at is None


def test_a_connection_without_streams_leaves_the_schedule(desk):
    desk.change(next_due_at=clock.now(), settings={"sync_deals": False, "sync_contacts": False})

    desk.sync.due()
    assert desk.rows(SyncRun) == []
    assert desk.connection().next_due_at is None
