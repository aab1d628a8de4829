"""Ended runs are kept for a month; what a page still shows stays for ever."""

from datetime import timedelta

import pytest

from dashboard.store import retention
from dashboard.store.sync import SyncRun
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR

pytestmark = fixtures.on_both


def read(desk, time, times):
    for _ in range(times):
        time.shift(timedelta(seconds=1))
        desk.sync.request(OPERATOR, desk.connection_id, "button")
        desk.jobs.drain()
    return [run.id for run in desk.rows(SyncRun)]


def test_old_runs_are_deleted_however_many_but_for_the_latest(desk, time, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    old = read(desk, time, 5)
    time.shift(timedelta(days=30, minutes=1))
    desk.sync.purge()

    assert len(old) == 5
    assert [run.id for run in desk.rows(SyncRun)] == old[-1:]


def test_a_month_is_kept_whole(desk, time):
    runs = read(desk, time, 3)
    time.shift(timedelta(days=29))
    desk.sync.purge()

    assert [run.id for run in desk.rows(SyncRun)] == runs


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_has_not_ended_is_never_deleted(desk, time, state):
    first, latest = read(desk, time, 2)
    with desk.store.transaction() as session:
        run = session.get_one(SyncRun, first)
        run.state, run.finished_at = state, None
    time.shift(timedelta(days=60))
    desk.sync.purge()

    assert [run.id for run in desk.rows(SyncRun)] == [first, latest]
