"""Migrated, empty databases: migrated once in a run, then copied."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from dashboard.store import migrate
from dashboard.store.base import Store


def upgrade(store: Store) -> None:
    """What `migrate.upgrade` does to an empty database, without doing it again and again."""
    file = Path(store.engine.url.database or "")
    if store.on_postgres or file.exists():
        migrate.upgrade(store)
    else:
        shutil.copyfile(_template(), file)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = Store(f"sqlite:///{folder / 'empty.db'}")
    migrate.upgrade(store)
    store.close()
    return folder / "empty.db"
