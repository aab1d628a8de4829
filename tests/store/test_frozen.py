"""A process that freezes in the middle of a transaction holds nobody else up."""

import pytest
import sqlalchemy as sa

from dashboard.store import executors
from dashboard.store.base import FROZEN_AFTER_SECONDS, Store
from dashboard.store.executors import Executor
from tests import postgres

SECONDS = 5.0


@pytest.fixture
def store():
    made = Store(postgres.migrated_database())
    with made.transaction() as session:
        session.add(Executor(id="frozen", role="worker", beat=1.0))
        executors.join(session, "living", "worker")
    yield made
    made.close()


def condemned(store):
    """Who is dead after a beat of the living one, which waits a second at most."""
    with store.transaction() as session:
        session.connection().execute(sa.text("SET LOCAL lock_timeout TO '1s'"))
        assert executors.beat(session, "living")
        executors.condemn(session, SECONDS)
        return executors.dead(session)


def test_a_heartbeat_does_not_wait_for_a_row_that_is_held(store):
    with store.engine.connect() as held:
        held.execute(sa.text("SELECT 1 FROM executor WHERE id = 'frozen' FOR UPDATE"))
        meanwhile = condemned(store)
        held.rollback()

    assert meanwhile == []
    assert condemned(store) == ["frozen"]


def test_the_database_ends_transactions_that_were_left_open(store):
    asked = sa.text("SHOW idle_in_transaction_session_timeout")
    with store.transaction() as session, store.unsynced() as hurried:
        told = [one.connection().execute(asked).scalar() for one in (session, hurried)]

    assert told == [f"{FROZEN_AFTER_SECONDS}s"] * 2
