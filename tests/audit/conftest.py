import pytest

from dashboard.store.base import Store
from tests import fresh, postgres


@pytest.fixture(scope="session", autouse=True)
def _server():
    with postgres.running():
        yield


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    made = Store(sqlite if request.param == "sqlite" else postgres.migrated_database())
    fresh.upgrade(made)
    yield made
    made.close()
