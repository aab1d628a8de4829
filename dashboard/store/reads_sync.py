"""Reads about synchronisation: where each stream stands, and past runs."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.sync import Record, StreamState, SyncRun


def stream_states(session: Session, connection_ids: Sequence[str]) -> list[StreamState]:
    """Every stream of the connections."""
    return list(
        session.exec(
            select(StreamState).where(col(StreamState.connection_id).in_(connection_ids))
        ).all()
    )


def record_counts(session: Session, connection_ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """Living records by (connection, stream)."""
    rows = session.exec(
        select(Record.connection_id, Record.stream, sa.func.count())
        .where(col(Record.connection_id).in_(connection_ids), col(Record.deleted_at).is_(None))
        .group_by(col(Record.connection_id), col(Record.stream))
    ).all()
    return {(connection_id, stream): count for connection_id, stream, count in rows}


def latest_runs(session: Session, connection_ids: Sequence[str]) -> list[SyncRun]:
    """The newest run of each connection; ids grow with time."""
    newest = (
        select(sa.func.max(col(SyncRun.id)))
        .where(col(SyncRun.connection_id).in_(connection_ids))
        .group_by(col(SyncRun.connection_id))
    )
    return list(session.exec(select(SyncRun).where(col(SyncRun.id).in_(newest))).all())


def runs(
    session: Session, connection_ids: Sequence[str], *, state: str, since: datetime, limit: int
) -> list[SyncRun]:
    """Runs since a moment, newest first; an empty state means all."""
    asked = select(SyncRun).where(
        col(SyncRun.connection_id).in_(connection_ids), col(SyncRun.created_at) >= since
    )
    if state:
        asked = asked.where(SyncRun.state == state)
    return list(session.exec(asked.order_by(col(SyncRun.id).desc()).limit(limit)).all())


def living(session: Session, agent_id: str) -> list[Connection]:
    """Connections that can sync: proven ones; an empty agent means all agents."""
    asked = select(Connection).where(
        col(Connection.state).in_(("active", "degraded", "needs_reauth"))
    )
    if agent_id:
        asked = asked.where(Connection.agent_id == agent_id)
    return list(session.exec(asked.order_by(col(Connection.provider))).all())
