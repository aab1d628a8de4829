"""A reading in several turns: who may save, and who has to wait for whom."""

import pytest

from dashboard.store.sync import SyncRun
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR
from tests.sync.test_walk import filled, living  # noqa: F401 - a fixture

pytestmark = fixtures.on_both


def test_a_run_somebody_waits_for_steps_aside_after_its_first_pages(filled, monkeypatch):  # noqa: F811 - a fixture
    monkeypatch.setattr("dashboard.sync.engine.PAGES_AT_ONCE", 1)
    asked = filled.sync.request(OPERATOR, filled.connection_id, "button")
    [first] = filled.jobs.of("sync.run")
    filled.jobs.run(first)
    [rest] = filled.jobs.of("sync.run")
    read_at_once = living(filled, "deals")
    filled.jobs.drain()

    assert (first.priority, rest.priority) == (1, 10)
    assert read_at_once == ["1", "2"]
    assert filled.row(SyncRun, asked.id).new == 8


def test_whoever_begins_a_reading_keeps_others_from_saving_theirs(filled):  # noqa: F811 - a fixture
    class Killed(BaseException):
        pass

    def die(_request):
        filled.vendor.instead = lambda _: None
        raise Killed

    def overtake(request):
        if request.url.params.get("token") == "2":
            filled.vendor.instead = die
            with pytest.raises(Killed):
                filled.jobs.run(job)

    filled.vendor.instead = overtake
    filled.sync.request(OPERATOR, filled.connection_id, "button", only=["deals"])
    [job] = filled.jobs.of("sync.run")
    filled.jobs.run(job)
    read_before, [again] = living(filled, "deals"), filled.jobs.of("sync.run")
    filled.jobs.run(again)

    assert read_before == ["1", "2"]
    assert again.attempt > 1
    assert (filled.rows(SyncRun)[-1].state, filled.rows(SyncRun)[-1].new) == ("succeeded", 5)
