"""Reads of synced records, a page at a time."""

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Session
from dashboard.store.sync import Record


def page(
    session: Session, connection_id: str, stream: str, *, search: str, offset: int, limit: int
) -> tuple[list[Record], int]:
    """Living records newest first, and how many match in all."""
    found = (
        col(Record.connection_id) == connection_id,
        col(Record.stream) == stream,
        col(Record.deleted_at).is_(None),
        *(col(Record.search).contains(word, autoescape=True) for word in search.lower().split()),
    )
    total = session.exec(select(sa.func.count()).select_from(Record).where(*found)).one()
    rows = session.exec(
        select(Record)
        .where(*found)
        .order_by(col(Record.updated_at).desc(), col(Record.external_id))
        .offset(offset)
        .limit(limit)
    ).all()
    return list(rows), total


def record(session: Session, connection_id: str, stream: str, external_id: str) -> Record | None:
    """One record."""
    return session.get(Record, (connection_id, stream, external_id))
