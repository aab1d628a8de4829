"""A process stays within the connections that it is allowed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
import sqlalchemy as sa

from dashboard.store.base import ADDED, CONNECTIONS, HURRIED_ADDED, HURRIED_KEPT, KEPT, Store
from tests import postgres

COUNT = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend'"
)


@pytest.fixture
def store():
    with closing(Store(postgres.migrated_database())) as made:
        yield made


def test_full_pools_are_as_many_connections_as_an_operator_is_told(store):
    with ExitStack() as held:
        sessions = [held.enter_context(store.transaction()) for _ in range(KEPT + ADDED)]
        hurried = [
            held.enter_context(store.unsynced()) for _ in range(HURRIED_KEPT + HURRIED_ADDED)
        ]
        for session in (*sessions, *hurried):
            session.connection()

        assert sessions[0].connection().execute(COUNT).scalar() == CONNECTIONS


def test_more_threads_than_connections_take_turns(store):
    peak, lock = 0, threading.Lock()

    def work(_number):
        nonlocal peak
        with store.transaction() as session:
            found = session.connection().execute(COUNT).scalar()
        with lock:
            peak = max(peak, found)

    with ThreadPoolExecutor(4 * CONNECTIONS) as threads:
        list(threads.map(work, range(20 * CONNECTIONS)))

    assert 0 < peak <= CONNECTIONS
