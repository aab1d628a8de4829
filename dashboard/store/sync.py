"""Streams' cursors, runs, and the schedule; the records themselves are in store/records.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column
from dashboard.store.connections import Connection
from dashboard.store.due import CONNECTED
from dashboard.store.records import Record

__all__ = [
    "CONNECTED",
    "Record",
    "StreamState",
    "SyncRun",
    "Told",
    "advance",
    "begin_full_reading",
    "claim",
    "count_page",
    "covered_since",
    "live_run",
    "lock_connection",
    "lock_run",
    "providers_of",
    "runs_awaiting_login",
    "stalled_runs",
    "stream_state",
    "stream_states",
    "switch_on",
    "synced",
    "tell_streams",
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
# Made once: a page passes here, and building a statement costs more than running it.
_ADVANCE = (
    sa.update(_STATES)
    .where(
        _STATES.c.connection_id == sa.bindparam("in_connection"),
        _STATES.c.stream == sa.bindparam("in_stream"),
        _STATES.c.version == sa.bindparam("from_version"),
    )
    .values({name: sa.bindparam(name) for name in ("cursor", "version", "cursor_at")})
)
_COUNTS = ("new", "changed", "deleted", "refused")
_TELL = (
    sa.update(_RUNS)
    .where(_RUNS.c.id == sa.bindparam("of_run"))
    .values({name: _RUNS.c[name] + sa.bindparam(f"{name}_more") for name in _COUNTS})
    .returning(_RUNS.c.streams, _RUNS.c.cancel_asked)
)
_TELL_STREAMS = (
    sa.update(_RUNS)
    .where(_RUNS.c.id == sa.bindparam("of_run"))
    .values(streams=sa.bindparam("streams"))
)
LIVE = ("queued", "running")


# --- connections, as the schedule sees them ---------------------------------------------------


def lock_connection(session: Session, connection_id: str) -> Connection | None:
    """The connection, with every other writer of it waiting until this transaction ends."""
    held = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == connection_id)
    session.connection().execute(held.values(paused=_CONNECTIONS.c.paused))
    return session.get(Connection, connection_id, populate_existing=True)


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


def claim(session: Session, state: StreamState) -> StreamState:
    """Go on from where the stream stands; whoever read it until now can save no more."""
    state.version += 1
    session.add(state)
    session.flush()
    return state


def advance(session: Session, state: StreamState, cursor: dict[str, Any], now: datetime) -> bool:
    """Move the cursor on, if nobody else has moved it since `state` was read."""
    place = {"in_connection": state.connection_id, "in_stream": state.stream}
    moved = {"from_version": state.version, "version": state.version + 1}
    return _changed(session, _ADVANCE, {**place, **moved, "cursor": cursor, "cursor_at": now})


def update_stream(session: Session, connection_id: str, stream: str, **values: Any) -> None:
    """Write error, switch or success of a stream."""
    this = (_STATES.c.connection_id == connection_id, _STATES.c.stream == stream)
    session.connection().execute(sa.update(_STATES).where(*this).values(values))


def _changed(session: Session, statement: sa.Update, values: dict[str, Any]) -> bool:
    return session.connection().execute(statement, values).rowcount == 1


# --- runs -------------------------------------------------------------------------------------


def lock_run(session: Session, run_id: str) -> SyncRun | None:
    """The run, with every other writer of it waiting until this transaction ends."""
    held = sa.update(_RUNS).where(_RUNS.c.id == run_id).values(attempts=_RUNS.c.attempts)
    session.connection().execute(held)
    return session.get(SyncRun, run_id, populate_existing=True)


@dataclass(frozen=True)
class Told:
    """What a run says of its streams, and whether somebody wants it to stop."""

    streams: dict[str, dict[str, Any]]
    cancel_asked: bool


def count_page(session: Session, run_id: str, counts: dict[str, int]) -> Told | None:
    """Add a page's counts to a run, which is held from then on; None when there is no run.

    Args:
        counts: new, changed, deleted, refused.
    """
    more = {f"{name}_more": counts[name] for name in _COUNTS}
    row = session.connection().execute(_TELL, {"of_run": run_id, **more}).first()
    return Told(*row) if row else None


def tell_streams(session: Session, run_id: str, streams: dict[str, dict[str, Any]]) -> None:
    """Write what a run says of its streams."""
    _changed(session, _TELL_STREAMS, {"of_run": run_id, "streams": streams})


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
