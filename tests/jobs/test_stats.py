"""What waits, runs, is late and is dead can be seen by people and by monitoring."""

import threading
import time
from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.jobs import Jobs
from dashboard.jobs import jobs as port
from dashboard.settings import Settings
from dashboard.store.agents import Agent
from dashboard.store.connections import Connection


def test_every_lane_tells_what_waits_in_it_even_when_nothing_does(jobs):
    jobs.enqueue("none", {}, priority=1)
    jobs.enqueue("none", {}, priority=20)
    jobs.enqueue("none", {}, priority=20, delay=timedelta(hours=1))

    stats = jobs.stats()
    assert list(stats.lanes) == ["interactive", "normal", "bulk"]
    assert [lane.queued for lane in stats.lanes.values()] == [1, 0, 1]
    assert [lane.delayed for lane in stats.lanes.values()] == [0, 0, 1]
    assert (stats.queued, stats.delayed, stats.running, stats.dead) == (2, 1, 0, 0)


def test_lag_is_the_age_of_the_oldest_job_that_waits_for_a_worker(jobs):
    jobs.enqueue("none", {}, delay=timedelta(hours=1))
    without = jobs.stats().lag_seconds
    jobs.enqueue("none", {}, priority=1)
    time.sleep(0.3)

    stats = jobs.stats()
    assert without == 0
    assert 0.25 < stats.lag_seconds < 60
    assert stats.lanes["interactive"].oldest_seconds == pytest.approx(stats.lag_seconds, abs=0.2)
    assert stats.lanes["normal"].oldest_seconds == 0


def test_a_job_whose_delay_has_ended_is_late_since_then(jobs, until):
    release = threading.Event()
    jobs.register("work", lambda _: release.wait(30))
    jobs.start()
    jobs.enqueue("work", {}, key="a", priority=20)
    until(lambda: jobs.stats().running == 1)
    jobs.enqueue("work", {}, key="a", priority=20, delay=timedelta(seconds=3))
    waits = until(lambda: jobs.stats().queued == 1)
    lag = jobs.stats().lag_seconds
    release.set()

    assert waits
    assert lag < 2.9


def test_a_connection_nobody_claims_is_lag_too(jobs, store):
    due = clock.now() - timedelta(minutes=5)
    with store.transaction() as session:
        session.add(Agent(id="agt_1", name="Анна"))
        session.flush()
        session.add(Connection(agent_id="agt_1", provider="p", state="active", next_due_at=due))

    assert 299 < jobs.stats().lag_seconds < 360


def test_workers_are_the_processes_that_do_jobs(jobs, store, tmp_path):
    jobs.start("web")
    beside = Jobs(store, Settings(data_dir=tmp_path))

    stats = beside.stats()
    assert len(stats.executors) == 1
    assert stats.workers == 0


def test_dead_letters_are_counted_by_lane(jobs, until, monkeypatch):
    def fail(_job):
        raise ValueError("never")

    monkeypatch.setattr(port, "ATTEMPTS", 1)
    jobs.register("fail", fail)
    jobs.start()
    jobs.enqueue("fail", {}, priority=20)

    assert until(lambda: jobs.stats().dead == 1)
    assert jobs.stats().lanes["bulk"].dead == 1
    assert jobs.stats().workers == 1
