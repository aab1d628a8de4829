"""The journal tells of every change, and nobody can rewrite it unseen."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from dashboard.audit import verify as verifying
from dashboard.audit.log import Audit
from dashboard.audit.seal import Sealer
from dashboard.audit.verify import Verdict
from dashboard.contracts.people import SYSTEM, Actor, Role
from dashboard.store.audit import AuditEntry, AuditHead, Head

KEY = b"a key of the tests, 32 bytes long"
ANNA = Actor(kind="staff", id="stf_1", name="Анна", role=Role.ADMIN)


def audit(key=KEY):
    """The journal as a process opens it that has this key."""
    return Audit(lambda _session: key)


def verify(store):
    return audit().verify(store)


def write(store, count, **more):
    for n in range(count):
        with store.transaction() as session:
            audit().write(session, ANNA, "thing.done", detail={"n": n}, **more)


def entries(store):
    with store.transaction() as session:
        return list(session.exec(sa.select(AuditEntry).order_by(sa.text("seq"))).scalars())


def change(store, seq, **values):
    with store.transaction() as session:
        this = sa.update(AuditEntry).where(sa.column("seq") == seq)
        session.connection().execute(this.values(**values))


def test_an_entry_says_who_did_what_with_which_outcome(store):
    with store.transaction() as session:
        audit().write(
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
        audit().write(session, SYSTEM, "thing.done")
        raise ZeroDivisionError

    assert entries(store) == []


def test_several_entries_of_one_transaction_are_chained(store):
    with store.transaction() as session:
        for _ in range(3):
            audit().write(session, SYSTEM, "thing.done")

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


def cut(store, *seqs):
    with store.transaction() as session:
        gone = sa.delete(AuditEntry).where(sa.column("seq").in_(seqs))
        session.connection().execute(gone)


def change_head(store, **values):
    with store.transaction() as session:
        session.connection().execute(sa.update(AuditHead).values(**values))


def remove_head(store):
    with store.transaction() as session:
        session.connection().execute(sa.delete(AuditHead))


def test_a_cut_off_end_is_found(store):
    write(store, 5)
    cut(store, 4, 5)

    assert verify(store) == Verdict(ok=False, entries=3, broken_at=4, missing=2)


def test_a_journal_that_was_emptied_is_found(store):
    write(store, 2)
    cut(store, 1, 2)

    assert verify(store) == Verdict(ok=False, entries=0, broken_at=1, missing=2)


def test_a_head_moved_back_with_the_end_cut_off_is_found(store):
    write(store, 5)
    cut(store, 5)
    change_head(store, entries=4, hash=entries(store)[-1].hash)

    assert verify(store) == Verdict(ok=False, entries=4, broken_at=5)


def test_a_head_sealed_with_another_key_is_found(store):
    write(store, 3)
    last = entries(store)[-1].hash
    forged = Sealer(lambda _session: b"guessed").sealed(None, Head(3, last, ""))
    change_head(store, seal=forged.seal)

    assert verify(store) == Verdict(ok=False, entries=3, broken_at=4)


@pytest.mark.parametrize(
    "forget",
    [
        lambda store: change_head(store, entries=0, hash="0" * 64, seal=""),
        lambda store: change_head(store, seal=""),
        remove_head,
        lambda store: change_head(store, entries=2, hash=entries(store)[-1].hash),
    ],
    ids=["head of an empty journal", "seal taken off", "head removed", "head moved back"],
)
def test_going_on_does_not_heal_a_forged_head(store, forget):
    write(store, 3)
    cut(store, 3)
    forget(store)
    before = verify(store).ok
    write(store, 2)

    assert (before, verify(store).ok) == (False, False)


def test_a_journal_from_before_the_seal_is_sealed_at_the_start_and_says_so(store):
    write(store, 3)
    change_head(store, seal="")
    audit().begin(store)
    audit().begin(store)
    write(store, 1)

    assert verify(store) == Verdict(ok=True, entries=5)
    assert [entry.action for entry in entries(store)][3] == "journal.sealed"


def test_an_entry_that_falls_leaves_the_head_where_it_was(store):
    write(store, 2)
    with pytest.raises(ZeroDivisionError), store.transaction() as session:  # noqa: PT012
        audit().write(session, SYSTEM, "thing.done")
        raise ZeroDivisionError
    write(store, 1)

    assert verify(store) == Verdict(ok=True, entries=3)


def test_a_removed_entry_is_found(store):
    write(store, 5)
    cut(store, 3)

    assert verify(store) == Verdict(ok=False, entries=2, broken_at=4)


def test_a_rehashed_entry_breaks_the_next_one(store):
    write(store, 5)
    third = entries(store)[2]
    third.outcome = "refused"
    change(store, 3, outcome="refused", hash=verifying.chain.digest(third.model_dump()))

    assert verify(store) == Verdict(ok=False, entries=3, broken_at=4)


def test_a_long_journal_is_read_in_batches(store, monkeypatch):
    monkeypatch.setattr(verifying, "BATCH", 4)
    write(store, 10)
    whole = verify(store)
    change(store, 9, outcome="refused")

    assert whole == Verdict(ok=True, entries=10)
    assert verify(store) == Verdict(ok=False, entries=8, broken_at=9)
