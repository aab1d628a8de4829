import pytest

from dashboard.store.base import Store
from tests import postgres


@pytest.fixture(params=["sqlite", "postgres"])
def empty_store(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    store = Store(sqlite if request.param == "sqlite" else postgres.fresh_database())
    yield store
    store.close()
