"""Workers are killed at random moments, again and again; what is read is the source, once."""

import os
import random
import threading
import time
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from dashboard.contracts.people import Actor, Role
from dashboard.store.records import Record
from dashboard.store.sync import StreamState, SyncRun
from tests.benchmarks.vendor import row
from tests.processes import crew
from tests.pulse import fixtures
from tests.sync import many

OPERATOR = Actor(kind="staff", id="stf_1", name="Ольга", role=Role.OPERATOR)
RECORDS = int(os.environ.get("KILL_RECORDS", "1500"))
KILLS = int(os.environ.get("KILLS", "5"))
CONNECTIONS, PAGE = 3, 50
PATIENCE = 100

pytestmark = [fixtures.on_both, pytest.mark.timeout(300)]


@pytest.fixture
def source():
    made = many.Source(size=PAGE, latency=0.03)
    made.fill(RECORDS)
    return made


@pytest.fixture
def settings(database, tmp_path, source):
    with many.vendor(source) as address:
        yield many.settings(tmp_path, database, address)


@pytest.fixture
def place(settings):
    with many.desk(settings, CONNECTIONS) as (desk, ids):
        yield desk, ids


def records(desk, connection_id):
    """Vendor id -> name of every record that is not deleted."""
    living = sa.select(Record.external_id, Record.title).where(
        Record.connection_id == connection_id, Record.deleted_at.is_(None)
    )
    with desk.store.engine.connect() as connection:
        return dict(connection.execute(living).all())


def runs(desk):
    with desk.store.engine.connect() as connection:
        found = connection.execute(sa.select(SyncRun.state, SyncRun.new, SyncRun.changed))
        return [tuple(run) for run in found]


def ended(desk):
    return all(state not in ("queued", "running") for state, _, _ in runs(desk))


def kill_at_random(desk, workers, seed, kills):
    """Keep two workers alive, killing one or all of them at random moments, until all is read."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    end = time.monotonic() + PATIENCE
    next_kill = time.monotonic() + chance.uniform(0.2, 1.5)
    done = 0
    while not ended(desk) and time.monotonic() < end:
        while len(workers.living) < 2:
            workers.start()
        if done < kills and time.monotonic() > next_kill:
            done += 1
            together = chance.random() < 0.25
            for victim in workers.living if together else [chance.choice(workers.living)]:
                victim.kill()
                victim.join()
            next_kill = time.monotonic() + chance.uniform(0.2, 1.5)
        time.sleep(0.05)
    return done


@contextmanager
def watching(look):
    """What `look` gave, again and again, while the block lasted."""
    seen, stop = [], threading.Event()

    def watch():
        while not stop.wait(0.02):
            seen.append(look())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def behind(desk):
    """(cursor, records) of each connection, both of the same moment."""
    count = (
        sa.select(sa.func.count())
        .select_from(Record)
        .where(Record.connection_id == StreamState.connection_id)
        .scalar_subquery()
    )
    with desk.store.engine.connect() as connection:
        return connection.execute(sa.select(StreamState.cursor, count)).all()


def test_a_first_reading_survives_every_kill(place, settings, source):
    desk, ids = place
    for connection_id in ids:
        desk.sync.request(OPERATOR, connection_id, "first")
    with crew(many.work, settings) as workers, watching(lambda: behind(desk)) as seen:
        kills = kill_at_random(desk, workers, seed=20261124, kills=KILLS)

    middles = [(c["page"], n) for look in seen for c, n in look if c and "page" in c]
    assert kills > 0
    assert len({page for page, _ in middles}) > 5
    assert all(count == int(page) * PAGE for page, count in middles)
    assert runs(desk) == [("succeeded", RECORDS, 0)] * CONNECTIONS
    expected = {str(n): row(n)["name"] for n in source.rows}
    assert [records(desk, one) == expected for one in ids] == [True] * CONNECTIONS


def test_a_full_resync_under_kills_never_shows_less_than_there_is(place, settings, source):
    desk, ids = place
    for connection_id in ids:
        desk.sync.request(OPERATOR, connection_id, "first")
    with crew(many.work, settings) as workers:
        kill_at_random(desk, workers, seed=1, kills=0)
        gone = [source.rows.pop(n)["id"] for n in range(0, RECORDS, 10)]
        for number in range(1, RECORDS, 10):
            source.rows[number] |= {"name": "Другая", "updated_at": 1_790_000_000}
        for connection_id in ids:
            desk.sync.resync(OPERATOR, connection_id)
        with watching(lambda: [len(records(desk, one)) for one in ids]) as seen:
            kills = kill_at_random(desk, workers, seed=7, kills=KILLS)

    expected = {str(n): one["name"] for n, one in source.rows.items()}
    assert kills > 0
    assert {count for look in seen for count in look} <= {RECORDS, RECORDS - len(gone)}
    assert [records(desk, one) == expected for one in ids] == [True] * CONNECTIONS
    assert runs(desk)[CONNECTIONS:] == [("succeeded", 0, len(gone))] * CONNECTIONS
