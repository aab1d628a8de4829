"""What all tables share: ids, aware time, one engine and short transactions."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field as Column
from sqlmodel import Session, SQLModel

from dashboard import clock
from dashboard.store import turns

__all__ = ["Column", "Json", "Moment", "Session", "Store", "Table", "new_id", "now_column"]

Json = sa.JSON


class Moment(sa.TypeDecorator[datetime]):
    """Aware UTC datetimes on every database; SQLite itself forgets the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime may not be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(SQLModel):
    """Base of every table."""


def new_id(prefix: str) -> str:
    """A new id that sorts by time: prefix, milliseconds and randomness in hexadecimal."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return f"{prefix}_{milliseconds:012x}{secrets.token_hex(6)}"


def now_column(**extra: Any) -> Any:
    """A column filled with the present moment."""
    return Column(default_factory=clock.now, sa_type=Moment, **extra)


class Store:
    """The one engine of a process.

    Args:
        url: SQLAlchemy URL of SQLite or PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._unsynced = _engine(url, synced=False)

    @property
    def on_postgres(self) -> bool:
        """True on PostgreSQL."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back when anything is raised.

        Rows read in it may be used afterwards, but no longer changed.
        """
        with _committed(self.engine) as session:
            yield session

    @contextmanager
    def unsynced(self) -> Iterator[Session]:
        """A transaction that does not wait for the disk; a power cut may undo it, nothing else.

        For what need not outlive the machine, such as the buckets of limits.
        """
        with _committed(self._unsynced) as session:
            yield session

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()
        self._unsynced.dispose()


@contextmanager
def _committed(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


FROZEN_AFTER_SECONDS = 10
# Connections to PostgreSQL that a process keeps, and those it adds while many transactions run.
KEPT, ADDED = 10, 10
HURRIED_KEPT, HURRIED_ADDED = 2, 2
CONNECTIONS = KEPT + ADDED + HURRIED_KEPT + HURRIED_ADDED


def _engine(url: str, *, synced: bool = True) -> sa.Engine:
    if url.startswith("postgresql"):
        driver = url.replace("postgresql://", "postgresql+psycopg://", 1)
        kept, added = (KEPT, ADDED) if synced else (HURRIED_KEPT, HURRIED_ADDED)
        engine = sa.create_engine(driver, pool_size=kept, max_overflow=added, pool_pre_ping=True)
        sa.event.listen(engine, "connect", _prepare_postgres if synced else _hurry_postgres)
        return engine
    given = {"check_same_thread": False, "factory": turns.Connection}
    engine = sa.create_engine(url, pool_size=20, connect_args=given)
    sa.event.listen(engine, "connect", _prepare_sqlite if synced else _hurry_sqlite)
    return engine


def _prepare_postgres(connection: Any, _record: Any) -> None:
    # A process that is frozen in the middle of a transaction would keep its locks for ever.
    connection.execute(f"SET idle_in_transaction_session_timeout TO '{FROZEN_AFTER_SECONDS}s'")
    connection.commit()


def _hurry_postgres(connection: Any, record: Any) -> None:
    connection.execute("SET synchronous_commit TO off")
    _prepare_postgres(connection, record)


def _hurry_sqlite(connection: Any, record: Any) -> None:
    _prepare_sqlite(connection, record)
    connection.execute("PRAGMA synchronous=NORMAL")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # busy_timeout first: a second process that starts at the same moment would otherwise die
    # on "database is locked" while this one switches to WAL.
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
