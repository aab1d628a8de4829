"""One turn at a time, by the database's clock, and a dead holder blocks nobody for long."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard.oauth.turns import Turns
from dashboard.store import leases
from dashboard.store.base import Store
from dashboard.store.leases import Lease
from tests import fresh, postgres

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgres"])
def tables(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'leases.db'}"
    made = Store(sqlite if request.param == "sqlite" else postgres.migrated_database())
    fresh.upgrade(made)
    yield made
    made.close()


def acquire(tables, holder):
    with tables.transaction() as session:
        return leases.acquire(session, "k", holder, MINUTE)


def passes(tables, seconds):
    with tables.transaction() as session:
        session.execute(sa.update(Lease).values(until=Lease.until - seconds))


def test_a_lease_has_one_holder(tables):
    got = [acquire(tables, holder) is not None for holder in ("a", "b")]
    with tables.transaction() as session:
        stranger = leases.release(session, "k", "b")
    still = acquire(tables, "c")
    with tables.transaction() as session:
        mine = leases.release(session, "k", "a")

    assert (got, stranger, still, mine) == ([True, False], False, None, True)
    assert acquire(tables, "c") == leases.Taken(cut_off=False)


def test_a_dead_holder_is_followed_by_one_who_knows(tables):
    acquire(tables, "dead")
    passes(tables, 59)
    early = acquire(tables, "next")
    passes(tables, 2)

    assert early is None
    assert acquire(tables, "next") == leases.Taken(cut_off=True)


@pytest.mark.parametrize("cut_off", [True, False])
def test_a_pause_ends_and_hands_the_doubt_on(tables, cut_off):
    acquire(tables, "a")
    with tables.transaction() as session:
        leases.pause(session, "k", "a", MINUTE, cut_off=cut_off)
        paused = leases.is_paused(session, "k")
    early = acquire(tables, "b")
    passes(tables, 61)

    assert (paused, early) == (True, None)
    assert acquire(tables, "b") == leases.Taken(cut_off=cut_off)


@pytest.mark.parametrize("skew", [-600, 600])
def test_a_machine_whose_clock_is_wrong_takes_no_turn_of_others(tables, skew, pass_time):
    turns = Turns(tables)
    taken = turns.take("con_1")
    pass_time(timedelta(seconds=skew))

    assert taken is not None
    assert turns.take("con_1") is None
    turns.end(taken)
    assert turns.take("con_1") is not None


def test_mutexes_are_forgotten_with_their_users(tables):
    turns = Turns(tables)
    mine = turns.in_this_process("con_1", patient=True)
    others = turns.in_this_process("con_1", patient=False)
    with mine as first, others as second:
        busy = len(turns._mutexes)

    assert (first, second, busy) == (True, False, 1)
    assert len(turns._mutexes) == 0
