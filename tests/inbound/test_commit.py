"""Acknowledged means on disk; what arrives together shares a commit; nobody's trouble spreads."""

import asyncio
import json
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import select

from dashboard import clock
from dashboard.contracts.events import Request
from dashboard.inbound.commit import GroupCommit
from dashboard.store.base import Store
from dashboard.store.events import Arrival, Event
from tests import fresh
from tests.inbound.conftest import SECRET, TOKEN
from tests.pulse import fixtures

SENDERS, EACH = 32, 8


def call(number):
    body = json.dumps({"events": [{"event": f"e{number}", "kind": "deal", "id": 1}]}).encode()
    return Request(method="POST", headers={"x-pulse-secret": SECRET}, body=body)


def arrival(connection_id, name):
    return Arrival(
        connection_id=connection_id,
        vendor_id=name,
        name="deal.changed",
        vendor_name="deal",
        payload={},
        work={},
        occurred_at=None,
    )


@pytest.fixture
def commits(desk):
    """The threads that committed, one entry for each commit."""
    made = []

    def note(_connection):
        made.append(threading.current_thread().name)

    sa.event.listen(desk.store.engine, "commit", note)
    yield made
    sa.event.remove(desk.store.engine, "commit", note)


@fixtures.on_both
def test_an_answered_call_is_seen_by_another_process(ear, desk):
    other = Store(desk.store.url)

    async def answered():
        status = (await ear.inbound.receive(TOKEN, call(1))).status
        # At the very moment of the answer, through connections of its own.
        with other.transaction() as session:
            return status, [event.vendor_id for event in session.exec(select(Event))]

    assert asyncio.run(answered()) == (200, ["e1"])
    other.close()


@fixtures.on_both
def test_32_senders_share_few_commits_of_one_writer(ear, desk, commits):
    async def sender(first):
        return [(await ear.inbound.receive(TOKEN, call(first + n))).status for n in range(EACH)]

    async def all_of_them():
        return await asyncio.gather(*(sender(n * EACH) for n in range(SENDERS)))

    answers = asyncio.run(all_of_them())
    writing = [name for name in commits if name == "inbound-writer"]

    assert answers == [[200] * EACH] * SENDERS
    assert len(desk.rows(Event)) == SENDERS * EACH
    assert len(writing) <= SENDERS * EACH / 4


@fresh.sqlite_only
def test_sqlite_waits_for_the_disk_on_every_connection(desk):
    def asked(name):
        with desk.store.engine.connect() as connection:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    # FULL is 2. With NORMAL and a write-ahead log the last commits are lost with the power.
    assert [(asked("synchronous"), asked("journal_mode")) for _ in range(3)] == [(2, "wal")] * 3


@fixtures.on_both
def test_the_order_of_arrival_is_kept_within_and_across_commits(ear, desk):
    async def one_by_one():
        for number in range(20):
            await ear.inbound.receive(TOKEN, call(number))

    asyncio.run(one_by_one())
    moments = [event.received_at for event in desk.rows(Event)]

    assert [event.vendor_id for event in desk.rows(Event)] == [f"e{n}" for n in range(20)]
    assert len(set(moments)) == 20


@fresh.sqlite_only
def test_moments_are_written_as_every_comparison_expects(ear, desk):
    whole = replace(arrival(desk.connection_id, "e1"), occurred_at=clock.now())
    asyncio.run(ear.inbound._commit.save([whole]))
    with desk.store.engine.connect() as connection:
        written = connection.exec_driver_sql("SELECT occurred_at FROM event").scalar()

    # To the last digit even at a whole second: SQLite compares text.
    assert written == "2026-11-24 10:00:00.000000"
    assert desk.rows(Event)[0].occurred_at == clock.now()


@fixtures.on_both
def test_a_call_that_cannot_be_stored_spoils_nobody_elses(ear, desk):
    async def together():
        names = [*(arrival(desk.connection_id, f"e{n}") for n in range(5)), arrival("gone", "x")]
        saving = (ear.inbound._commit.save([one]) for one in names)
        return await asyncio.gather(*saving, return_exceptions=True)

    *fine, spoiled = asyncio.run(together())

    assert fine == [None] * 5
    assert isinstance(spoiled, sa.exc.IntegrityError)
    assert len(desk.rows(Event)) == 5


@fixtures.on_both
def test_what_the_database_refuses_is_not_acknowledged(ear, desk):
    asyncio.run(ear.inbound.receive(TOKEN, call(0)))
    with desk.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME TO elsewhere")
    answer = asyncio.run(ear.inbound.receive(TOKEN, call(1)))
    with desk.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO event")

    assert answer.status == 503
    assert asyncio.run(ear.inbound.receive(TOKEN, call(1))).status == 200
    assert [event.vendor_id for event in desk.rows(Event)] == ["e0", "e1"]


def test_closing_finishes_what_waits_and_takes_nothing_more(desk):
    commit = GroupCommit(desk.store, lambda _fresh: None)

    async def save_and_close():
        saving = asyncio.ensure_future(commit.save([arrival(desk.connection_id, "e1")]))
        await asyncio.sleep(0)
        await asyncio.to_thread(commit.close)
        await saving
        await commit.save([arrival(desk.connection_id, "e2")])

    with pytest.raises(RuntimeError):
        asyncio.run(save_and_close())
    assert [event.vendor_id for event in desk.rows(Event)] == ["e1"]


@fixtures.on_both
def test_odd_characters_are_kept_and_half_a_character_becomes_a_question_mark(ear, desk):
    raw = r'{"events": [{"event": "e1", "kind": "weather", "text": "\ud800 \u00e9 Анна"}]}'.encode()

    assert ear.call(body=raw) == 200
    assert desk.rows(Event)[0].payload["text"] == "? é Анна"
