"""A process may be killed at any moment: its jobs are done all the same."""

import subprocess
import sys
from collections import Counter

import pytest
import sqlalchemy as sa

JOBS = 8


@pytest.fixture
def notes(store):
    """What the laborers wrote down: a function that counts."""
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE note (what VARCHAR, n INTEGER)"))

    def read(what):
        with store.engine.connect() as connection:
            found = connection.execute(sa.text("SELECT n FROM note WHERE what = :w"), {"w": what})
            return Counter(found.scalars())

    return read


@pytest.fixture
def laborer(url):
    started = []

    def start(seconds):
        arguments = [sys.executable, "-m", "tests.jobs.laborer", url, str(seconds)]
        started.append(subprocess.Popen(arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_jobs_of_a_killed_process_are_done_by_the_next(jobs, notes, laborer, until):
    for n in range(JOBS):
        jobs.enqueue("work", {"n": n}, key=f"con_{n}")
    first = laborer(60)
    begun = until(lambda: len(notes("begun")) == JOBS)
    first.kill()
    first.wait()
    laborer(0)

    assert begun
    assert until(lambda: len(notes("done")) == JOBS, 40)
    assert until(lambda: jobs.stats().running == jobs.stats().queued == 0)
    assert notes("begun") == dict.fromkeys(range(JOBS), 2)
    assert notes("done") == dict.fromkeys(range(JOBS), 1)


def test_a_living_process_takes_over_from_a_killed_one(jobs, notes, laborer, until):
    for n in range(JOBS):
        jobs.enqueue("work", {"n": n}, key=f"con_{n}")
    first = laborer(60)
    until(lambda: len(notes("begun")) == JOBS)
    laborer(0)
    both = until(lambda: len(jobs.stats().executors) == 2)
    first.kill()
    first.wait()

    assert both
    assert until(lambda: len(notes("done")) == JOBS, 40)
    assert notes("done") == dict.fromkeys(range(JOBS), 1)
