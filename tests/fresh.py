"""Migrated, empty databases: migrated once in a run, then copied."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from dashboard.store import migrate
from dashboard.store.base import Store
from tests import postgres

ON_POSTGRES = os.environ.get("TEST_DATABASE") == "postgres"


def url() -> str:
    """Of a database for a test that names none: empty, which is SQLite in the data folder.

    With TEST_DATABASE=postgres all such tests run on PostgreSQL; those that must hold on both
    name both anyway.
    """
    return postgres.migrated_database() if ON_POSTGRES else ""


def empty_url() -> str:
    """As `url`, of a database without tables."""
    return postgres.fresh_database() if ON_POSTGRES else ""


sqlite_only = pytest.mark.skipif(ON_POSTGRES, reason="looks at SQLite's own file, plan or safety")


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
