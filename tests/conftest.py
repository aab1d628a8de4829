"""A fresh desk for every test: its own database, its own key, its jobs driven by hand."""

import os
from pathlib import Path

import pytest

from dashboard import assembly, registry
from dashboard.contracts.people import Actor, Role
from dashboard.settings import Settings
from dashboard.store.base import Store
from tests import fresh, postgres
from tests.doubles import HandJobs

if more := os.environ.get("MORE_PROVIDERS"):
    registry.discover(Path(more))


def pytest_collection_modifyitems(items):
    """Browser walks come last: Playwright leaves a running event loop behind in its process."""
    items.sort(key=_turn)


def _turn(item):
    # The longest walk begins first, so that nobody waits for it alone in the end.
    walked = "browser" in item.path.parts
    return (walked, walked and item.path.stem != "test_ten_minutes")


@pytest.fixture(scope="session", autouse=True)
def _postgres():
    """One PostgreSQL for all tests of this process, should any ask for it."""
    with postgres.running(*postgres.FORGETFUL):
        yield


@pytest.fixture
def desk_settings(tmp_path):
    return Settings(
        data_dir=tmp_path / "data", public_url="http://desk.test", database_url=fresh.url()
    )


@pytest.fixture
def store(tmp_path):
    """A migrated, empty database."""
    made = Store(fresh.url() or f"sqlite:///{tmp_path / 'store.db'}")
    fresh.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def desk(desk_settings):
    """The assembled desk; `desk.jobs.drain()` runs what is due."""
    made = assembly.build(desk_settings, jobs=HandJobs())
    fresh.upgrade(made.store)
    made.vault.check_key(made.store)
    yield made
    made.inbound.close()
    made.store.close()


@pytest.fixture
def admin():
    return Actor(kind="staff", id="stf_admin", name="Анна", role=Role.ADMIN)


@pytest.fixture
def viewer():
    return Actor(kind="staff", id="stf_viewer", name="Виктор", role=Role.VIEWER)


@pytest.fixture
def agent(desk, admin):
    return desk.agents.create(admin, "Демо")
