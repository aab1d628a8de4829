"""Reads of synced records, a page at a time; bounded, however many there are."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from dashboard.store.base import Session
from dashboard.store.sync import Record

# A page shows so many at most, and counts no further: counting a million on each visit would take
# longer than all the rest.
COUNTED = 10_000
# So many of the newest records are searched; a million texts would take seconds.
SEARCHED = 20_000


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of records.

    Args:
        total: How many there are, COUNTED at most.
        more: There are more than COUNTED.
        partly: Only the SEARCHED newest records were searched, and there are older ones.
    """

    rows: list[Record]
    total: int
    more: bool = False
    partly: bool = False


def page(
    session: Session, connection_id: str, stream: str, *, search: str, offset: int, limit: int
) -> Found:
    """Living records, the newest first."""
    words = search.lower().split()
    place = (connection_id, stream)
    if words:
        return _searched(session, place, words, slice(offset, offset + limit))
    total = _count(session, place, COUNTED + 1)
    rows = _newest(place).offset(offset).limit(max(0, min(limit, COUNTED - offset)))
    return Found(
        rows=list(session.exec(rows).all()), total=min(total, COUNTED), more=total > COUNTED
    )


def record(session: Session, connection_id: str, stream: str, external_id: str) -> Record | None:
    """One record."""
    return session.get(Record, (connection_id, stream, external_id))


def _searched(session: Session, place: tuple[str, str], words: list[str], part: slice) -> Found:
    # Whoever pastes an id finds the record, however old it is.
    exact = record(session, *place, words[0]) if len(words) == 1 else None
    ids = _matching(session, place, words)
    if exact is not None and exact.deleted_at is None:
        ids = [exact.external_id, *(one for one in ids if one != exact.external_id)]
    shown = ids[:COUNTED][part]
    found = select(Record).where(*_living(place), col(Record.external_id).in_(shown))
    by_id = {row.external_id: row for row in session.exec(found)}
    return Found(
        rows=[by_id[one] for one in shown if one in by_id],
        total=min(len(ids), COUNTED),
        more=len(ids) > COUNTED,
        partly=_count(session, place, SEARCHED + 1) > SEARCHED,
    )


def _matching(session: Session, place: tuple[str, str], words: list[str]) -> list[str]:
    """Ids of those of the newest records whose text has all the words, the newest first."""
    columns = (col(Record.external_id), col(Record.search), col(Record.updated_at))
    newest = (
        sa.select(*columns)
        .where(*_living(place))
        .order_by(col(Record.updated_at).desc(), col(Record.external_id).desc())
        .limit(SEARCHED)
        .subquery()
    )
    fits = (newest.c.search.contains(word, autoescape=True) for word in words)
    asked = sa.select(newest.c.external_id).where(*fits)
    asked = asked.order_by(newest.c.updated_at.desc(), newest.c.external_id.desc())
    return list(session.connection().execute(asked.limit(COUNTED + 1)).scalars())


def _newest(place: tuple[str, str]) -> SelectOfScalar[Record]:
    return (
        select(Record)
        .where(*_living(place))
        .order_by(col(Record.updated_at).desc(), col(Record.external_id).desc())
    )


def _count(session: Session, place: tuple[str, str], most: int) -> int:
    some = sa.select(sa.literal(1)).select_from(Record).where(*_living(place)).limit(most)
    counted = sa.select(sa.func.count()).select_from(some.subquery())
    return int(session.connection().execute(counted).scalar_one())


def _living(place: tuple[str, str]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Record.connection_id) == place[0],
        col(Record.stream) == place[1],
        col(Record.deleted_at).is_(None),
    )
