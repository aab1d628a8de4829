"""Lists a page at a time, by position and not by number, so that new rows shift nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Moment, Session, Table
from dashboard.store.connections import Connection
from dashboard.store.sync import Record

T = TypeVar("T", bound=Table)
Wanted = Mapping[str, str | Sequence[str]]


def newest(session: Session, table: type[T], wanted: Wanted, before: str, limit: int) -> list[T]:
    """Rows whose ids grow with time, the newest first.

    Args:
        wanted: Column -> the value, or the values, it must have; an empty string means any.
        before: The last id already seen; empty for the first page.
    """
    columns = sa.inspect(table).columns
    asked = select(table).order_by(columns["id"].desc()).limit(limit)
    for name, value in wanted.items():
        if isinstance(value, str):
            asked = asked.where(columns[name] == value) if value else asked
        else:
            asked = asked.where(columns[name].in_(value))
    return list(session.exec(asked.where(columns["id"] < before) if before else asked).all())


def records_before(
    session: Session,
    place: tuple[str, str],
    before: tuple[datetime, str] | None,
    limit: int,
    search: str = "",
) -> list[Record]:
    """Living records, the newest change first.

    Args:
        place: Connection and stream.
        before: Change time and id of the last record already seen.
    """
    updated, external = col(Record.updated_at), col(Record.external_id)
    asked = select(Record).where(
        Record.connection_id == place[0],
        Record.stream == place[1],
        col(Record.deleted_at).is_(None),
        *(col(Record.search).contains(word, autoescape=True) for word in search.lower().split()),
    )
    if before is not None:
        # As one comparison, so that the index is entered right there.
        place_of = sa.tuple_(sa.literal(before[0], Moment), sa.literal(before[1]))
        asked = asked.where(sa.tuple_(updated, external) < place_of)
    return list(session.exec(asked.order_by(updated.desc(), external.desc()).limit(limit)).all())


def connection_ids(session: Session, agent_id: str) -> list[str]:
    """Ids of an agent's connections, disconnected ones too; an empty agent means all agents."""
    asked = select(Connection.id)
    return list(session.exec(asked.where(Connection.agent_id == agent_id) if agent_id else asked))
