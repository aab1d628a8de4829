"""An idle tick reads one entry of an index, however many connections there are."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.store import due, migrate
from dashboard.store.due import Work
from tests import multitude

INDEXES = {
    Work.READING: "connection_due",
    Work.PROBE: "connection_probe_due",
    Work.HOOK: "connection_hook_due",
}
LEASE = timedelta(minutes=30)


@pytest.fixture
def crowd(empty_store):
    """Five thousand connections, all due in an hour."""
    migrate.upgrade(empty_store)
    multitude.connections(empty_store, 5000, clock.now() + timedelta(hours=1))
    return empty_store


@pytest.fixture
def plan(crowd):
    """How the database does what a function asks of it."""

    def explained(asked):
        statements = []

        def keep(_connection, _cursor, statement, values, _context, _many):
            statements.append((statement, values))

        sa.event.listen(crowd.engine, "before_cursor_execute", keep)
        with crowd.transaction() as session:
            asked(session)
        sa.event.remove(crowd.engine, "before_cursor_execute", keep)
        word = "EXPLAIN" if crowd.on_postgres else "EXPLAIN QUERY PLAN"
        with crowd.engine.connect() as connection:
            rows = [connection.exec_driver_sql(f"{word} {s}", v).all() for s, v in statements]
        return "\n".join(str(line) for found in rows for line in found)

    return explained


@pytest.mark.parametrize("work", list(Work))
@pytest.mark.parametrize(
    "ask",
    [
        lambda session, work: due.anything(session, work, clock.now()),
        lambda session, work: due.late(session, work, clock.now()),
        lambda session, work: due.claim(session, work, clock.now(), LEASE, 200),
    ],
    ids=["anything", "late", "claim"],
)
def test_ticks_use_the_partial_index(plan, work, ask):
    told = plan(lambda session: ask(session, work))

    assert f" {INDEXES[work]} " in f"{told} "
    assert "SCAN connection\n" not in f"{told}\n"
    assert "Seq Scan on connection" not in told


def test_the_longest_due_is_claimed_first(crowd):
    now, longest = clock.now() + timedelta(hours=2), ["con_many4990", "con_many1", "con_many77"]
    with crowd.transaction() as session:
        for minutes, one in enumerate(longest):
            early = clock.now() + timedelta(minutes=minutes)
            due.schedule(session, Work.READING, one, early)
    with crowd.transaction() as session:
        claimed = [due.claim(session, Work.READING, now, LEASE, 1)[0].id for _ in longest]

    assert claimed == longest


def test_what_one_has_claimed_nobody_else_sees(crowd):
    now = clock.now() + timedelta(hours=2)
    with crowd.transaction() as session:
        first = due.claim(session, Work.READING, now, LEASE, 3000)
    with crowd.transaction() as session:
        second = due.claim(session, Work.READING, now, LEASE, 3000)

    assert (len(first), len(second)) == (3000, 2000)
    assert not {row.id for row in first} & {row.id for row in second}


def test_a_paused_connection_is_probed_and_not_read(crowd):
    with crowd.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE connection SET paused = (1 = 1)")
    now = clock.now() + timedelta(hours=2)

    with crowd.transaction() as session:
        assert not due.anything(session, Work.READING, now)
        assert due.anything(session, Work.PROBE, now)
