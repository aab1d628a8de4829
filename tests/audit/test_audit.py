"""The journal tells of every change, and nobody can rewrite it unseen."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from dashboard.audit import verify as verifying
from dashboard.audit.log import Audit
from dashboard.audit.verify import Verdict, verify
from dashboard.contracts.people import SYSTEM, Actor, Role
from dashboard.store.audit import AuditEntry

ANNA = Actor(kind="staff", id="stf_1", name="Анна", role=Role.ADMIN)


def write(store, count, **more):
    for n in range(count):
        with store.transaction() as session:
            Audit().write(session, ANNA, "thing.done", detail={"n": n}, **more)


def entries(store):
    with store.transaction() as session:
        return list(session.exec(sa.select(AuditEntry).order_by(sa.text("seq"))).scalars())


def change(store, seq, **values):
    with store.transaction() as session:
        this = sa.update(AuditEntry).where(sa.column("seq") == seq)
        session.connection().execute(this.values(**values))


def test_an_entry_says_who_did_what_with_which_outcome(store):
    with store.transaction() as session:
        Audit().write(
            session,
            ANNA,
            "connection.tested",
            outcome="failed",
            agent_id="agt_1",
            connection_id="con_1",
            provider="vendor",
            detail={"why": "нет права", "steps": (1, 2)},
            request_id="req_1",
        )

    [entry] = entries(store)
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("staff", "stf_1", "Анна")
    assert (entry.action, entry.outcome, entry.vendor_request_id) == (
        "connection.tested",
        "failed",
        "req_1",
    )
    assert entry.detail == {"why": "нет права", "steps": [1, 2]}
    assert verify(store) == Verdict(ok=True, entries=1)


def test_an_entry_falls_with_the_change_it_tells_of(store):
    with pytest.raises(ZeroDivisionError), store.transaction() as session:  # noqa: PT012
        Audit().write(session, SYSTEM, "thing.done")
        raise ZeroDivisionError

    assert entries(store) == []


def test_several_entries_of_one_transaction_are_chained(store):
    with store.transaction() as session:
        for _ in range(3):
            Audit().write(session, SYSTEM, "thing.done")

    first, second, third = entries(store)
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert verify(store).ok


def test_writers_at_the_same_time_make_one_chain(store):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: write(store, 5), range(6)))

    assert verify(store) == Verdict(ok=True, entries=30)
    assert len({entry.previous_hash for entry in entries(store)}) == 30


def test_an_empty_journal_is_whole(store):
    assert verify(store) == Verdict(ok=True, entries=0)


@pytest.mark.parametrize(
    "values",
    [
        {"actor_name": "Пётр"},
        {"actor_id": "stf_2"},
        {"action": "thing.undone"},
        {"outcome": "refused"},
        {"agent_id": "agt_9"},
        {"connection_id": "con_9"},
        {"provider": "other"},
        {"detail": {"n": 99}},
        {"vendor_request_id": "req_9"},
        {"previous_hash": "0" * 64},
        {"hash": "0" * 64},
        {"at": sa.literal(AuditEntry(actor_kind="", action="", previous_hash="", hash="").at)},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_changed_entry_is_found(store, values):
    write(store, 5)
    change(store, 3, **values)

    assert verify(store) == Verdict(ok=False, entries=2, broken_at=3)


def test_a_removed_entry_is_found(store):
    write(store, 5)
    with store.transaction() as session:
        session.connection().execute(sa.delete(AuditEntry).where(sa.column("seq") == 3))

    assert verify(store) == Verdict(ok=False, entries=2, broken_at=4)


def test_a_rehashed_entry_breaks_the_next_one(store):
    write(store, 5)
    third = entries(store)[2]
    third.outcome = "refused"
    change(store, 3, outcome="refused", hash=verifying.chain.digest(third))

    assert verify(store) == Verdict(ok=False, entries=3, broken_at=4)


def test_a_long_journal_is_read_in_batches(store, monkeypatch):
    monkeypatch.setattr(verifying, "BATCH", 4)
    write(store, 10)
    whole = verify(store)
    change(store, 9, outcome="refused")

    assert whole == Verdict(ok=True, entries=10)
    assert verify(store) == Verdict(ok=False, entries=8, broken_at=9)
