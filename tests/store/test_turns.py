"""On SQLite the writers of one process go one after another, and none of them fails."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from dashboard.store import turns
from dashboard.store.agents import Agent
from tests import fresh

WRITERS, TIMES = 16, 12


@pytest.fixture
def impatient(store):
    """The same database, where SQLite itself waits for nobody."""
    fresh.upgrade(store)

    @sa.event.listens_for(store.engine, "connect")
    def _at_once(connection, _record):
        connection.execute("PRAGMA busy_timeout=0")

    store.engine.dispose()
    return store


def write(store, name):
    with store.transaction() as session:
        session.add(Agent(name=name))
        session.flush()
        time.sleep(0.001)


def write_again(store):
    """Change something, then fail on an agent that is there already."""
    with store.transaction() as session:
        [taken] = session.scalars(sa.select(Agent.id))
        session.execute(sa.update(Agent).values(name="changed"))
        session.execute(sa.insert(Agent).values(id=taken, name="two"))


@fresh.sqlite_only
def test_many_writers_need_no_patience_of_the_database(impatient):
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda n: write(impatient, str(n)), range(WRITERS * TIMES)))

    with impatient.transaction() as session:
        assert len(session.scalars(sa.select(Agent.id)).all()) == WRITERS * TIMES


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_turn_ends_with_its_transaction(tmp_path, end):
    file = str(tmp_path / "turns.db")
    first, second = (turns.Connection(file, check_same_thread=False) for _ in range(2))
    first.execute("CREATE TABLE one (n)")
    first.execute("INSERT INTO one VALUES (1)")
    waiting = threading.Thread(target=second.execute, args=["INSERT INTO one VALUES (2)"])
    waiting.start()
    waiting.join(0.2)
    was_waiting = waiting.is_alive()
    getattr(first, end)()
    waiting.join(10)

    assert (was_waiting, waiting.is_alive()) == (True, False)
    second.commit()


def test_reading_waits_for_nobody(tmp_path):
    file = str(tmp_path / "turns.db")
    writer, reader = (turns.Connection(file, check_same_thread=False) for _ in range(2))
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE one (n)")
    writer.execute("INSERT INTO one VALUES (1)")

    assert reader.execute("SELECT count(*) FROM one").fetchone() == (0,)
    writer.commit()
    assert reader.execute("SELECT count(*) FROM one").fetchone() == (1,)


@fresh.sqlite_only
def test_a_writer_that_fails_hands_its_turn_on(impatient):
    write(impatient, "one")
    with pytest.raises(sa.exc.IntegrityError):
        write_again(impatient)

    write(impatient, "next")
    with impatient.transaction() as session:
        assert set(session.scalars(sa.select(Agent.name))) == {"one", "next"}
