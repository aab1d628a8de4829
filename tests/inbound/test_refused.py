"""A forged call is told apart cheaply: counted, hardly written down, and never kept."""

import asyncio
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard.contracts.events import Request
from dashboard.store.audit import AuditEntry
from dashboard.store.events import Event
from tests.inbound.conftest import SECRET, TOKEN
from tests.pulse import fixtures

pytestmark = fixtures.on_both
FORGED = {"event": "e1", "kind": "deal"}


@pytest.fixture
def statements(desk):
    """Every statement the database was asked from now on."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    sa.event.listen(desk.store.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(desk.store.engine, "before_cursor_execute", note)


def forge(ear, times):
    """So many forged calls within one moment."""

    async def all_of_them():
        call = Request(method="POST", headers={"x-pulse-secret": "guess"}, body=b"{}")
        return {(await ear.inbound.receive(TOKEN, call)).status for _ in range(times)}

    return asyncio.run(all_of_them())


@contextmanager
def broken(desk, table):
    """No change of this table can be written."""

    def refuse(_connection, _cursor, statement, *_rest):
        if statement.startswith((f"UPDATE {table} ", f"INSERT INTO {table} ")):
            raise sa.exc.OperationalError(statement, None, Exception("the disk is full"))

    sa.event.listen(desk.store.engine, "before_cursor_execute", refuse)
    yield
    sa.event.remove(desk.store.engine, "before_cursor_execute", refuse)


def test_a_forged_call_is_counted_and_not_stored(ear, desk):
    assert forge(ear, 6) == {401}
    ear.inbound.refusals.flush()

    assert desk.connection().refused_signatures == 6
    assert desk.rows(Event) == []
    assert desk.jobs.waiting == []


def test_a_thousand_forged_calls_cost_a_handful_of_statements(ear, desk, statements):
    forge(ear, 1000)
    ear.inbound.refusals.flush()

    # A look at the connection and its secrets, and a count, each once a second; a journal entry.
    assert len(statements) < 100
    assert sum(s.lstrip().upper().startswith(("INSERT", "UPDATE")) for s in statements) < 20
    assert desk.connection().refused_signatures == 1000


def test_the_journal_gets_one_entry_an_hour_with_the_number_of_calls(ear, desk, time):
    for _ in range(30):
        forge(ear, 2)
        ear.inbound.refusals.flush()
        time.shift(timedelta(minutes=4))

    entries = desk.rows(AuditEntry)
    assert [entry.action for entry in entries] == ["webhook.refused"] * 2
    assert [entry.detail["calls"] for entry in entries] == [2, 30]
    assert desk.connection().refused_signatures == 60


@pytest.mark.parametrize("table", ["connection", "audit_entry"])
def test_what_a_failing_database_did_not_take_is_counted_once_when_it_works(ear, desk, table):
    with broken(desk, table):
        forge(ear, 3)
        ear.inbound.refusals.flush()
    ear.inbound.refusals.flush()
    forge(ear, 2)
    ear.inbound.refusals.flush()

    [entry] = desk.rows(AuditEntry)
    assert entry.detail["calls"] == 3
    assert desk.connection().refused_signatures == 5


def test_counts_are_written_down_by_themselves(ear, desk, until):
    forge(ear, 3)

    assert until(lambda: desk.connection().refused_signatures == 3)


def test_guessed_addresses_are_remembered_nowhere(ear):
    for number in range(50):
        assert ear.call(FORGED, token=f"guess-{number}") == 404

    assert ear.inbound._hooks._known == {}


def test_a_new_secret_is_believed_at_once_and_the_old_one_no_longer(ear, desk):
    assert ear.call(FORGED) == 200
    with desk.store.transaction() as session:
        ear.vault.seal(session, f"connection:{desk.connection_id}", "hook_secret", "new-secret")
    asyncio.run(asyncio.sleep(0.1))

    assert ear.call({**FORGED, "event": "e2"}, secret="new-secret") == 200
    assert ear.call({**FORGED, "event": "e3"}, secret=SECRET) == 401


def test_a_disconnected_ear_hears_nothing_a_second_later(ear, desk, until):
    assert ear.call(FORGED) == 200
    desk.change(state="disconnected")

    assert until(lambda: ear.call({**FORGED, "event": "later"}) == 410)
