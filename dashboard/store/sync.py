"""Streams' cursors, runs, and the records they brought."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column


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


class Record(Table, table=True):
    """One synced record; `fields` is the record dataclass as JSON.

    `search` is the lower-case text that page search looks in.
    """

    __tablename__ = "record"
    __table_args__ = (
        sa.Index("record_by_time", "connection_id", "stream", "updated_at", "external_id"),
    )
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE", primary_key=True)
    stream: str = Column(primary_key=True)
    external_id: str = Column(primary_key=True)
    title: str = ""
    search: str = ""
    digest: str
    fields: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    generation: int = 0
    updated_at: datetime = Column(sa_type=Moment)
    saved_at: datetime = now_column()
    deleted_at: datetime | None = Column(default=None, sa_type=Moment)
