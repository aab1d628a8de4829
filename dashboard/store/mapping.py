"""Versions of the field mappings."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from dashboard.store.agents import Agent
from dashboard.store.base import Column, Json, Session, Table, new_id, now_column
from dashboard.store.records import Record


class MappingVersion(Table, table=True):
    """The mapping of one stream as it was saved; the highest version is in force."""

    __tablename__ = "mapping_version"
    __table_args__ = (sa.UniqueConstraint("connection_id", "stream", "version"),)
    id: str = Column(default_factory=lambda: new_id("map"), primary_key=True)
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE")
    stream: str
    version: int
    rows: list[dict[str, Any]] = Column(default_factory=list, sa_type=Json)
    author: str = ""
    created_at: datetime = now_column()


def latest(session: Session, connection_id: str, stream: str) -> MappingVersion | None:
    """The version in force."""
    return session.exec(_mine(connection_id, stream).limit(1)).first()


def versions(session: Session, connection_id: str, stream: str) -> list[MappingVersion]:
    """All versions, the newest first."""
    return list(session.exec(_mine(connection_id, stream)).all())


def numbered(
    session: Session, connection_id: str, stream: str, version: int
) -> MappingVersion | None:
    """One version by its number."""
    asked = _mine(connection_id, stream).where(MappingVersion.version == version)
    return session.exec(asked).first()


def add(
    session: Session, connection_id: str, stream: str, rows: list[dict[str, Any]], author: str
) -> MappingVersion:
    """Save a new version on top of the others."""
    last = latest(session, connection_id, stream)
    made = MappingVersion(
        connection_id=connection_id,
        stream=stream,
        version=last.version + 1 if last else 1,
        rows=rows,
        author=author,
    )
    session.add(made)
    session.flush()
    return made


def forget(session: Session, connection_id: str) -> None:
    """Drop all mappings of a connection."""
    mine = col(MappingVersion.connection_id) == connection_id
    session.connection().execute(sa.delete(MappingVersion).where(mine))


def _mine(connection_id: str, stream: str) -> SelectOfScalar[MappingVersion]:
    mine = select(MappingVersion).where(
        MappingVersion.connection_id == connection_id, MappingVersion.stream == stream
    )
    return mine.order_by(col(MappingVersion.version).desc())


def agent_sample(session: Session, agent_id: str) -> dict[str, Any]:
    """Example values of the agent's fields."""
    agent = session.get(Agent, agent_id)
    return dict(agent.sample) if agent else {}


def vendor_values(
    session: Session, connection_id: str, stream: str, external_id: str = ""
) -> dict[str, Any]:
    """The vendor's own fields of one synced record, or of the newest one."""
    asked = select(Record).where(
        Record.connection_id == connection_id,
        Record.stream == stream,
        col(Record.deleted_at).is_(None),
    )
    if external_id:
        asked = asked.where(Record.external_id == external_id)
    found = session.exec(asked.order_by(col(Record.updated_at).desc()).limit(1)).first()
    return dict(found.fields.get("vendor_fields") or {}) if found else {}
