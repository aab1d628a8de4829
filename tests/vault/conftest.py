import pytest

from dashboard.store.base import Store
from tests import fresh, postgres


@pytest.fixture
def either_store(request, tmp_path):
    """On SQLite, or where the test's parameter says."""
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    kind = getattr(request, "param", "sqlite")
    store = Store(sqlite if kind == "sqlite" else postgres.migrated_database())
    fresh.upgrade(store)
    yield store
    store.close()
