import pytest

from dashboard.store.base import Store
from tests import fresh, postgres


@pytest.fixture(scope="session", autouse=True)
def _server():
    with postgres.running():
        yield


@pytest.fixture(params=["sqlite", "postgres"])
def either_store(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    store = Store(sqlite if request.param == "sqlite" else postgres.fresh_database())
    fresh.upgrade(store)
    yield store
    store.close()
