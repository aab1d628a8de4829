"""A process may be killed, frozen or told to leave at any moment: its jobs are done."""

import inspect
import logging
import threading
import time
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa
from dbos import DBOS

from dashboard.jobs import Pace
from dashboard.store import executors
from tests.jobs import laborer
from tests.jobs.conftest import FAST
from tests.processes import Crew, freeze, thaw

log = logging.getLogger(__name__)
JOBS = 6
SCHEMA = {"sqlite": None, "postgr": "dbos"}


@pytest.fixture
def notes(store):
    """What the laborers wrote down: a function that counts, by number."""
    columns = "what VARCHAR, n INTEGER, by_whom VARCHAR, at FLOAT"
    with store.engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE note ({columns})"))

    def read(what, by=None):
        asked = sa.text("SELECT n, by_whom FROM note WHERE what = :w")
        with store.engine.connect() as connection:
            found = connection.execute(asked, {"w": what}).all()
        return Counter(n for n, whom in found if by in (None, whom))

    return read


@pytest.fixture
def start(url):
    """Start a process; it is gone after the test."""
    started = []

    def one(body, *arguments):
        crew = Crew(body, url)
        started.append(crew)
        return crew.start(*arguments)

    yield one
    for crew in started:
        crew.kill_all()


@pytest.fixture
def busy(jobs, notes, start, until):
    """A process in the middle of all the jobs there are."""
    for n in range(JOBS):
        jobs.enqueue("work", {"n": n}, key=f"con_{n}")
    process = start(laborer.labor, 60)
    assert until(lambda: len(notes("begun")) == JOBS, 60)
    return process


def all_done(notes):
    return lambda: len(notes("done")) == JOBS


def test_jobs_of_a_killed_process_are_done_by_the_next(jobs, notes, busy, start, until):
    busy.kill()
    busy.join()
    start(laborer.labor, 0)

    assert until(all_done(notes), 60)
    assert until(lambda: jobs.stats().running == jobs.stats().queued == 0)
    assert notes("begun") == dict.fromkeys(range(JOBS), 2)
    assert notes("done") == dict.fromkeys(range(JOBS), 1)


def test_a_living_process_takes_over_from_a_killed_one(jobs, notes, busy, start, until):
    start(laborer.labor, 0)
    both = until(lambda: jobs.stats().workers == 2, 60)
    busy.kill()
    busy.join()

    assert both
    assert until(all_done(notes), 60)
    assert notes("done") == dict.fromkeys(range(JOBS), 1)


def test_a_process_that_starts_slowly_is_not_taken_for_dead(notes, start, until):
    start(laborer.labor, 0)
    slow = start(laborer.start_slowly)
    launched = until(lambda: notes("launched"), 60)
    slow.join(5 * FAST.beat)

    assert launched
    assert slow.exitcode is None


def test_another_process_takes_over_within_fifteen_seconds(jobs, notes, start, until):
    jobs.enqueue("work", {"n": 0}, key="con_0")
    first = start(laborer.labor, 60, "first", Pace())
    at_work = until(lambda: notes("begun"), 60)
    start(laborer.labor, 0, "next", Pace())
    both = until(lambda: jobs.stats().workers == 2, 60)
    first.kill()
    killed = time.monotonic()
    taken_over = until(lambda: notes("begun", by="next"), 60)
    seconds = time.monotonic() - killed
    log.info("taken over after %.1f seconds", seconds)

    assert at_work
    assert both
    assert taken_over
    # The promise is for a machine that is not overloaded, as one that runs tests may be.
    assert seconds < 15 * 2
    assert Pace().dead + 2 * Pace().beat + Pace().bulk < 15


@pytest.mark.parametrize("death", [laborer.die_while_taking_over, laborer.die_before_taking_over])
def test_whoever_takes_over_may_die_too(notes, busy, start, until, death):
    busy.kill()
    busy.join()
    second = start(death)
    second.join(60)
    start(laborer.labor, 0)

    assert second.exitcode == -9
    assert until(all_done(notes), 60)
    assert notes("done") == dict.fromkeys(range(JOBS), 1)


def test_a_frozen_process_that_wakes_up_ends_itself(jobs, store, notes, busy, start, until):
    freeze(busy, store)
    start(laborer.labor, 0)
    taken = until(all_done(notes), 60)
    thaw(busy)
    busy.join(60)

    assert taken
    assert busy.exitcode == 70
    assert notes("done") == dict.fromkeys(range(JOBS), 1)
    assert until(lambda: jobs.stats().running == jobs.stats().queued == 0)


def test_a_wish_for_another_run_is_kept_once_though_its_process_dies(jobs, notes, start, until):
    jobs.enqueue("work", {"n": 0}, key="con_1")
    first = start(laborer.ask_again)
    first.join(60)
    start(laborer.labor, 0)

    assert first.exitcode == -9
    assert until(lambda: notes("done") and jobs.stats().queued == jobs.stats().delayed == 0, 60)
    assert until(lambda: jobs.stats().running == 0)
    assert notes("done")[0] in (1, 2)


def test_a_process_told_to_leave_hands_its_jobs_on_at_once(notes, busy, start, until):
    start(laborer.labor, 0, "next", SLOW_TO_CONDEMN)
    busy.terminate()
    busy.join(60)
    left = time.monotonic()
    done = until(all_done(notes), 60)

    assert busy.exitcode == 0
    assert done
    assert time.monotonic() - left < SLOW_TO_CONDEMN.dead / 2
    assert notes("done", by="next") == dict.fromkeys(range(JOBS), 1)


# Whoever waited for the dead threshold here would wait for minutes.
SLOW_TO_CONDEMN = replace(FAST, dead=120.0)


def test_a_process_told_to_leave_finishes_what_it_can(jobs, notes, start, until):
    for n in range(JOBS):
        jobs.enqueue("work", {"n": n}, key=f"con_{n}")
    process = start(laborer.labor, 1)
    begun = until(lambda: len(notes("begun")) == JOBS, 60)
    process.terminate()
    process.join(60)

    assert begun
    assert process.exitcode == 0
    assert notes("begun") == notes("done") == dict.fromkeys(range(JOBS), 1)
    assert jobs.stats().executors == []


def test_the_private_call_for_taking_over_is_as_it_was(jobs, store, url, until):
    signature = inspect.signature(DBOS._recover_pending_workflows)
    release = threading.Event()
    jobs.register("work", lambda _: release.wait(60))
    jobs.start()
    mine = jobs.executor
    jobs.enqueue("work", {})
    assert until(lambda: jobs.stats().running == 1, 60)
    with store.engine.begin() as connection:
        rows = sa.table("workflow_status", sa.column("executor_id"), schema=SCHEMA[url[:6]])
        lost = sa.update(rows).where(rows.c.executor_id == mine).values(executor_id="lost")
        connection.execute(lost)
    jobs._engine._stopping.set()
    handles = DBOS._recover_pending_workflows(["lost"])
    again = DBOS._recover_pending_workflows(["lost"])
    release.set()

    assert list(signature.parameters) == ["executor_ids"]
    assert (len(handles), len(again)) == (1, 0)
    assert until(lambda: jobs.stats().queued == jobs.stats().running == 0, 60)
    with store.transaction() as session:
        assert "lost" not in executors.dead(session)
