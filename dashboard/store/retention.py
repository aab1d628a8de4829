"""What has ended long ago and is not kept any longer."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Event
from dashboard.store.sync import SyncRun

_RUNS: sa.Table = SyncRun.__table__  # type: ignore[attr-defined]
_EVENTS: sa.Table = Event.__table__  # type: ignore[attr-defined]
_CONNECTIONS: sa.Table = Connection.__table__  # type: ignore[attr-defined]

AT_ONCE = 500


def purge(store: Store, delete: Callable[[Session, int], int]) -> None:
    """Delete until nothing is left, in transactions that hold up no other writer for long.

    Args:
        delete: Deletes at most so many, and says how many it found.
    """
    deleted = AT_ONCE
    while deleted == AT_ONCE:
        with store.transaction() as session:
            deleted = delete(session, AT_ONCE)


def delete_ended_events(before: datetime, session: Session, limit: int) -> int:
    """Delete events received before a moment that ended, or whose connection did; how many."""
    over = sa.select(_CONNECTIONS.c.id).where(_CONNECTIONS.c.state == "disconnected")
    ended = sa.or_(_EVENTS.c.processed_at.is_not(None), _EVENTS.c.connection_id.in_(over))
    # Ids begin with their time, so that the primary key leads to the oldest.
    oldest = f"evt_{int(before.timestamp() * 1000):012x}"
    old = (
        sa.select(_EVENTS.c.id)
        .where(_EVENTS.c.id < oldest, _EVENTS.c.received_at < before, ended)
        .order_by(_EVENTS.c.id)
        .limit(limit)
    )
    deleted = sa.delete(_EVENTS).where(_EVENTS.c.id.in_(old))
    return int(session.connection().execute(deleted).rowcount)


def delete_ended_runs(before: datetime, session: Session, limit: int) -> int:
    """Delete runs made before a moment that ended, but for each connection's latest; how many."""
    later = _RUNS.alias()
    newest = (
        sa.select(sa.func.max(later.c.id))
        .where(later.c.connection_id == _RUNS.c.connection_id)
        .scalar_subquery()
    )
    oldest = f"run_{int(before.timestamp() * 1000):012x}"
    old = (
        sa.select(_RUNS.c.id)
        .where(_RUNS.c.id < oldest, _RUNS.c.finished_at.is_not(None), _RUNS.c.id < newest)
        .order_by(_RUNS.c.id)
        .limit(limit)
    )
    deleted = sa.delete(_RUNS).where(_RUNS.c.id.in_(old))
    return int(session.connection().execute(deleted).rowcount)
