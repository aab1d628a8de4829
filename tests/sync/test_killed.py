"""Workers are killed at random moments, again and again; what is read is the source, once."""

import os
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from dashboard.contracts.people import Actor, Role
from dashboard.store.records import Record
from dashboard.store.sync import StreamState, SyncRun
from tests import postgres
from tests.benchmarks.vendor import row
from tests.processes import crew, freeze, thaw
from tests.sync import many

OPERATOR = Actor(kind="staff", id="stf_1", name="Ольга", role=Role.OPERATOR)
RECORDS = int(os.environ.get("KILL_RECORDS", "900"))
KILLS = int(os.environ.get("KILLS", "3"))
CONNECTIONS, PAGE = 3, 50
PATIENCE = 100 + RECORDS // 20

pytestmark = pytest.mark.timeout(3 * PATIENCE)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path, server):
    del server
    if request.param == "postgres":
        return postgres.migrated_database()
    return f"sqlite:///{tmp_path / 'desk.db'}"


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
        asked = sa.select(SyncRun.state, SyncRun.new, SyncRun.changed).order_by(SyncRun.id)
        return [tuple(run) for run in connection.execute(asked)]


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
        while not stop.wait(0.05):
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


def test_a_frozen_worker_that_wakes_up_changes_nothing(place, settings, source):
    desk, (first, *_) = place
    held, release = held_at(source, page=7)
    desk.sync.request(OPERATOR, first, "first")
    with crew(many.work, settings) as workers:
        frozen = workers.start()
        assert held.wait(PATIENCE)
        freeze(frozen, desk.store)
        workers.start()
        wait_for(lambda: cursor_of(desk, first) > 8)
        release.set()
        thaw(frozen)
        frozen.join(PATIENCE)
        wait_for(lambda: ended(desk))

    assert frozen.exitcode == 70
    assert runs(desk) == [("succeeded", RECORDS, 0)]
    assert records(desk, first) == {str(n): row(n)["name"] for n in source.rows}


def test_a_worker_taken_for_dead_saves_nothing_more(place, settings, source):
    desk, (first, *_) = place
    held, release = held_at(source, page=7)
    desk.sync.request(OPERATOR, first, "first")
    with crew(many.work, settings) as workers:
        # It never says that it lives, and never notices that it is dead.
        workers.start(replace(many.PACE, beat=3600.0))
        assert held.wait(PATIENCE)
        workers.start()
        wait_for(lambda: cursor_of(desk, first) > 8)
        release.set()
        wait_for(lambda: ended(desk))
        time.sleep(0.5)

    with desk.store.transaction() as session:
        [told] = session.scalars(sa.select(SyncRun.streams))
    assert told["contacts"]["pages"] == RECORDS // PAGE
    assert runs(desk) == [("succeeded", RECORDS, 0)]


def held_at(source, page):
    """Events: the vendor has been asked for this page for the first time; it may answer."""
    held, release = threading.Event(), threading.Event()

    def hold(number):
        if number == page and not held.is_set():
            held.set()
            release.wait(PATIENCE)

    source.before = hold
    return held, release


def cursor_of(desk, connection_id):
    asked = sa.select(StreamState.cursor).where(StreamState.connection_id == connection_id)
    with desk.store.engine.connect() as connection:
        cursor = connection.execute(asked).scalar() or {}
    return int(cursor.get("page", RECORDS))


def wait_for(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_worker_told_to_leave_hands_its_reading_on_at_its_next_page(place, settings, source):
    desk, (first, *_) = place
    source.size, source.latency = 20, 0.1
    run = desk.sync.request(OPERATOR, first, "schedule")
    with crew(many.work, settings) as workers:
        leaving = workers.start()
        wait_for(lambda: 2 < cursor_of(desk, first) < RECORDS)
        leaving.terminate()
        leaving.join(PATIENCE)
        left_at = cursor_of(desk, first)
        with desk.store.transaction() as session:
            turns = session.get_one(SyncRun, run.id).attempts
        source.latency = 0.0
        workers.start()
        wait_for(lambda: ended(desk))

    assert leaving.exitcode == 0
    assert left_at < RECORDS // source.size
    assert turns == 2
    assert runs(desk) == [("succeeded", RECORDS, 0)]
    assert records(desk, first) == {str(n): row(n)["name"] for n in source.rows}


def test_one_run_of_a_connection_at_a_time_whoever_asks(place, settings, source):
    desk, (first, *_) = place
    source.size = 500
    together, most = [], []

    def count(_place):
        together.append(1)
        most.append(len(together))
        time.sleep(0.2)
        together.pop()

    source.before = count
    desk.sync.request(OPERATOR, first, "button")
    for reason in ("api", "button", "schedule", "webhook"):
        asked = {"connection_id": first, "reason": reason}
        desk.jobs.enqueue("sync.request", asked, priority=5)
    with crew(many.work, settings) as workers:
        workers.start()
        workers.start()
        wait_for(lambda: desk.jobs.stats().queued == 0)
        wait_for(lambda: ended(desk) and desk.jobs.stats().running == 0)

    assert max(most) == 1
    assert {state for state, _, _ in runs(desk)} == {"succeeded"}
    assert sum(new for _, new, _ in runs(desk)) == RECORDS
