"""Is the database there, and how much of what is in it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store import migrate
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.store.limits import seconds_now
from dashboard.store.sync import SyncRun


def answers(store: Store) -> bool:
    """True when the database answers."""
    try:
        with store.transaction() as session:
            return session.exec(select(sa.literal(1))).first() == 1
    except sa.exc.SQLAlchemyError:
        return False


def is_current(store: Store) -> bool:
    """True when no migration is missing."""
    return migrate.current(store) == migrate.head()


@dataclass(frozen=True, kw_only=True)
class About:
    """A database as an operator knows it.

    Args:
        settings: What makes a commit survive a power cut, as "name=value".
        risky: Those of them that do not.
    """

    kind: str
    version: str
    settings: tuple[str, ...]
    risky: dict[str, str]


# Setting -> values under which a commit that was acknowledged is on disk.
_SAFE = {
    "sqlite": {"journal_mode": ("wal",), "synchronous": ("2", "3")},
    "postgresql": {
        "fsync": ("on",),
        "full_page_writes": ("on",),
        "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    },
}
_ASK = {"sqlite": ("PRAGMA {}", "sqlite_version()"), "postgresql": ("SHOW {}", "version()")}


def about(store: Store) -> About:
    """Kind, version and the settings that matter for durability."""
    kind = store.engine.dialect.name
    ask, version = _ASK[kind]
    with store.engine.connect() as connection:
        number = str(connection.execute(sa.text(f"SELECT {version}")).scalar_one())
        found = {
            name: str(connection.exec_driver_sql(ask.format(name)).scalar_one()).lower()
            for name in _SAFE[kind]
        }
    risky = {name: value for name, value in found.items() if value not in _SAFE[kind][name]}
    told = tuple(f"{name}={value}" for name, value in found.items())
    return About(kind=kind, version=number.split(" (", maxsplit=1)[0], settings=told, risky=risky)


def room(session: Session) -> int:
    """How many connections the database allows our user to have; 0: it does not count them."""
    if session.get_bind().dialect.name != "postgresql":
        return 0
    # The server's limit, without what it reserves for others, or a narrower one of the user.
    asked = sa.text(
        "SELECT LEAST("
        " current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int"
        " - COALESCE(current_setting('reserved_connections', true)::int, 0),"
        " (SELECT NULLIF(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),"
        " (SELECT NULLIF(datconnlimit, -1) FROM pg_database WHERE datname = current_database()))"
    )
    return int(session.connection().execute(asked).scalar_one())


def seconds(session: Session) -> float:
    """Unix seconds by the database's clock."""
    return float(session.connection().execute(sa.select(seconds_now(session))).scalar_one())


def counts(session: Session) -> dict[str, dict[str, int]]:
    """How many rows are in each state, by kind of row."""
    kinds = {
        "connections": Connection.state,
        "sync_runs": SyncRun.state,
        "events": Event.state,
        "deliveries": Delivery.state,
        "action_runs": ActionRun.state,
    }
    return {
        name: dict(session.exec(select(state, sa.func.count()).group_by(col(state))).all())
        for name, state in kinds.items()
    }
