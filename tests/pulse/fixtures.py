"""Fixtures the rooms of the walks share; each conftest names those it uses."""

import pytest
import time_machine

from dashboard.store.base import Store
from tests import fresh, postgres
from tests.pulse.desk import Desk, pulse_installed

# For modules whose truths must hold on either database.
on_both = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(scope="session")
def server():
    """PostgreSQL, should a test ask for it."""
    with postgres.running():
        yield


@pytest.fixture
def database(request, tmp_path, server):
    """URL of an empty database; the suite's own unless the test is parametrized."""
    del server
    wanted = getattr(request, "param", "")
    if wanted == "postgres":
        return postgres.migrated_database()
    own = "" if wanted else fresh.url()
    return own or f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def time():
    """Time that moves only when told."""
    with time_machine.travel("2026-11-24 10:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(database, time):
    """A desk with Pulse connected."""
    del time
    with pulse_installed():
        store = Store(database)
        yield Desk(store)
        store.close()
