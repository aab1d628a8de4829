"""Streams' cursors, runs, and the schedule; the records themselves are in store/records.py."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column
from dashboard.store.connections import Connection
from dashboard.store.records import Record

__all__ = [
    "Record",
    "StreamState",
    "SyncRun",
    "advance",
    "anything_due",
    "begin_full_reading",
    "claim_due",
    "covered_since",
    "due_since",
    "live_run",
    "lock_connection",
    "lock_run",
    "providers_of",
    "runs_awaiting_login",
    "schedule",
    "stalled_runs",
    "stream_state",
    "stream_states",
    "switch_on",
    "synced",
    "update_stream",
]


class StreamState(Table, table=True):
    """Where one stream of one connection stands. `off_reason` is set when it is switched off."""

    __tablename__ = "stream_state"
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE", primary_key=True)
    stream: str = Column(primary_key=True)
    cursor: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    version: int = 0
    generation: int = 0
    off_reason: str = ""
    error_code: str = ""
    error_reason: str = ""
    last_success_at: datetime | None = Column(default=None, sa_type=Moment)
    cursor_at: datetime | None = Column(default=None, sa_type=Moment)


class SyncRun(Table, table=True):
    """One run over all streams of a connection.

    Args:
        reason: schedule | button | webhook | first | api | resync
        streams: Stream -> {"state", "new", "changed", "deleted", "refused", "pages", "total"}.
    """

    __tablename__ = "sync_run"
    __table_args__ = (sa.Index("sync_run_by_connection", "connection_id", "id"),)
    id: str = Column(default_factory=lambda: new_id("run"), primary_key=True)
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE")
    state: str = "queued"
    reason: str
    only: list[str] = Column(default_factory=list, sa_type=Json)
    streams: dict[str, dict[str, Any]] = Column(default_factory=dict, sa_type=Json)
    new: int = 0
    changed: int = 0
    deleted: int = 0
    refused: int = 0
    cancel_asked: bool = False
    error_code: str = ""
    error_reason: str = ""
    attempts: int = 0
    retry_at: datetime | None = Column(default=None, sa_type=Moment)
    created_at: datetime = now_column()
    started_at: datetime | None = Column(default=None, sa_type=Moment)
    finished_at: datetime | None = Column(default=None, sa_type=Moment)


_STATES: sa.Table = StreamState.__table__  # type: ignore[attr-defined]
_RUNS: sa.Table = SyncRun.__table__  # type: ignore[attr-defined]
_CONNECTIONS: sa.Table = Connection.__table__  # type: ignore[attr-defined]
LIVE = ("queued", "running")
CONNECTED = ("active", "degraded")


# --- connections, as the schedule sees them ---------------------------------------------------


def lock_connection(session: Session, connection_id: str) -> Connection | None:
    """The connection, with every other writer of it waiting until this transaction ends."""
    held = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == connection_id)
    session.connection().execute(held.values(paused=_CONNECTIONS.c.paused))
    return session.get(Connection, connection_id, populate_existing=True)


def claim_due(session: Session, now: datetime, lease: timedelta, limit: int) -> list[str]:
    """Connections whose time has come; the lease hides them from the next tick."""
    due = (
        sa.select(_CONNECTIONS.c.id)
        .where(
            _CONNECTIONS.c.next_due_at.is_not(None),
            _CONNECTIONS.c.next_due_at <= now,
            _CONNECTIONS.c.state.in_(CONNECTED),
            sa.not_(_CONNECTIONS.c.paused),
        )
        .order_by(_CONNECTIONS.c.next_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        sa.update(_CONNECTIONS)
        .where(_CONNECTIONS.c.id.in_(due))
        .values(next_due_at=now + lease)
        .returning(_CONNECTIONS.c.id)
    )
    return list(session.connection().execute(claimed).scalars())


def anything_due(session: Session, now: datetime) -> bool:
    """Whether a claim would find something; reads only, so an idle tick locks nothing."""
    due = sa.select(_CONNECTIONS.c.id).where(
        _CONNECTIONS.c.next_due_at.is_not(None), _CONNECTIONS.c.next_due_at <= now
    )
    return session.execute(due.limit(1)).first() is not None


def due_since(session: Session, now: datetime) -> float:
    """Seconds the longest-due connection has waited for a tick; 0 when none is late."""
    due = (
        sa.select(_CONNECTIONS.c.next_due_at)
        .where(
            _CONNECTIONS.c.next_due_at.is_not(None),
            _CONNECTIONS.c.next_due_at <= now,
            _CONNECTIONS.c.state.in_(CONNECTED),
            sa.not_(_CONNECTIONS.c.paused),
        )
        .order_by(_CONNECTIONS.c.next_due_at)
        .limit(1)
    )
    oldest = session.execute(due).scalar()
    return (now - oldest).total_seconds() if oldest else 0.0


def schedule(session: Session, connection_id: str, at: datetime | None) -> None:
    """Set when the connection is read next; None for not by the schedule."""
    this = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == connection_id)
    session.connection().execute(this.values(next_due_at=at))


def synced(session: Session, connection_id: str, now: datetime) -> None:
    """Note the moment of the last success on the connection."""
    this = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == connection_id)
    session.connection().execute(this.values(last_sync_at=now))


def providers_of(session: Session, agent_id: str) -> list[str]:
    """Providers an agent is connected to now."""
    here = (_CONNECTIONS.c.agent_id == agent_id, _CONNECTIONS.c.state.in_(CONNECTED))
    return list(session.execute(sa.select(_CONNECTIONS.c.provider).where(*here)).scalars())


# --- streams ----------------------------------------------------------------------------------


def stream_state(session: Session, connection_id: str, stream: str) -> StreamState:
    """The stream's row, made when there is none."""
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    fresh = StreamState(connection_id=connection_id, stream=stream).model_dump()
    session.connection().execute(kind.insert(_STATES).values(fresh).on_conflict_do_nothing())
    return session.get_one(StreamState, (connection_id, stream), populate_existing=True)


def stream_states(session: Session, connection_id: str) -> dict[str, StreamState]:
    """All streams' rows by name."""
    found = select(StreamState).where(_STATES.c.connection_id == connection_id)
    return {state.stream: state for state in session.exec(found)}


def begin_full_reading(session: Session, connection_id: str, stream: str) -> StreamState:
    """Start from the beginning under a new generation; the records stay until it is complete."""
    state = stream_state(session, connection_id, stream)
    state.cursor, state.cursor_at = {}, None
    state.generation += 1
    state.version += 1
    session.add(state)
    session.flush()
    return state


def advance(session: Session, state: StreamState, cursor: dict[str, Any], now: datetime) -> bool:
    """Move the cursor on, if nobody else has moved it since `state` was read."""
    moved = (
        sa.update(_STATES)
        .where(
            _STATES.c.connection_id == state.connection_id,
            _STATES.c.stream == state.stream,
            _STATES.c.version == state.version,
        )
        .values(cursor=cursor, version=state.version + 1, cursor_at=now)
    )
    return session.connection().execute(moved).rowcount == 1


def update_stream(session: Session, connection_id: str, stream: str, **values: Any) -> None:
    """Write error, switch or success of a stream."""
    this = (_STATES.c.connection_id == connection_id, _STATES.c.stream == stream)
    session.connection().execute(sa.update(_STATES).where(*this).values(values))


# --- runs -------------------------------------------------------------------------------------


def lock_run(session: Session, run_id: str) -> SyncRun | None:
    """The run, with every other writer of it waiting until this transaction ends."""
    held = sa.update(_RUNS).where(_RUNS.c.id == run_id).values(attempts=_RUNS.c.attempts)
    session.connection().execute(held)
    return session.get(SyncRun, run_id, populate_existing=True)


def live_run(session: Session, connection_id: str) -> SyncRun | None:
    """The run that is queued or running."""
    found = select(SyncRun).where(_RUNS.c.connection_id == connection_id, _RUNS.c.state.in_(LIVE))
    return session.exec(found.order_by(_RUNS.c.id.desc())).first()


def covered_since(session: Session, connection_id: str, stream: str, moment: datetime) -> bool:
    """Whether a run that began after `moment` has read, or will read, this stream."""
    found = select(SyncRun).where(
        _RUNS.c.connection_id == connection_id,
        _RUNS.c.created_at >= moment,
        _RUNS.c.state.in_((*LIVE, "succeeded")),
    )
    return any(not run.only or stream in run.only for run in session.exec(found))


def runs_awaiting_login(session: Session, limit: int = 50) -> list[str]:
    """Ids of runs that were put off until a login which has happened since."""
    found = (
        sa.select(_RUNS.c.id)
        .join(_CONNECTIONS, _CONNECTIONS.c.id == _RUNS.c.connection_id)
        .where(
            _RUNS.c.state == "queued",
            _RUNS.c.error_code != "",
            _RUNS.c.retry_at.is_(None),
            _CONNECTIONS.c.state.in_(CONNECTED),
        )
    )
    return list(session.execute(found.limit(limit)).scalars())


def stalled_runs(session: Session, before: datetime, limit: int = 50) -> list[str]:
    """Ids of live runs nothing was heard of since `before`, those waiting for a login left out."""
    moved = (
        sa.select(_STATES.c.connection_id)
        .where(_STATES.c.connection_id == _RUNS.c.connection_id, _STATES.c.cursor_at >= before)
        .exists()
    )
    found = (
        sa.select(_RUNS.c.id)
        .join(_CONNECTIONS, _CONNECTIONS.c.id == _RUNS.c.connection_id)
        .where(
            _RUNS.c.state.in_(LIVE),
            _CONNECTIONS.c.state != "needs_reauth",
            _RUNS.c.created_at < before,
            sa.or_(_RUNS.c.started_at.is_(None), _RUNS.c.started_at < before),
            sa.or_(_RUNS.c.retry_at.is_(None), _RUNS.c.retry_at < before),
            sa.not_(moved),
        )
    )
    return list(session.execute(found.limit(limit)).scalars())


def switch_on(session: Session, connection_id: str) -> None:
    """Try again the streams that were switched off for a missing permission."""
    these = sa.update(_STATES).where(_STATES.c.connection_id == connection_id)
    session.connection().execute(these.values(off_reason=""))
