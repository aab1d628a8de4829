"""Reads of synced records, a page at a time; bounded, however many there are."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from dashboard.store.base import Moment, Session
from dashboard.store.counting import COUNTED, counted
from dashboard.store.sync import Record

# A search finds so many at most, and is over when it has; a word more narrows it.
FOUND = 1_000
# So many of the newest records are searched unless asked for more: a million texts take a second.
SEARCHED = 5_000
_PLACE = (col(Record.updated_at), col(Record.external_id))
_NEWEST = tuple(column.desc() for column in _PLACE)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of records.

    Args:
        total: How many there are, COUNTED at most; of a search, FOUND at most.
        more: There are more than that.
        partly: Older records than those searched have not been looked at.
    """

    rows: list[Record]
    total: int
    more: bool = False
    partly: bool = False


@dataclass(frozen=True, kw_only=True)
class Search:
    """Words that a record must all have, looked for in so many of the newest records."""

    words: list[str]
    depth: int = SEARCHED


def page(session: Session, place: tuple[str, str], search: Search, part: slice) -> Found:
    """Living records of (connection, stream), the newest first."""
    if search.words:
        return _searched(session, place, search, part)
    total = counted(session, sa.select(Record).where(*_living(place)), COUNTED)
    shown = range(COUNTED)[part]
    rows = _newest(place).offset(shown.start).limit(len(shown))
    return Found(rows=list(session.exec(rows).all()), total=total.number, more=total.more)


def record(session: Session, connection_id: str, stream: str, external_id: str) -> Record | None:
    """One record."""
    return session.get(Record, (connection_id, stream, external_id))


def _searched(session: Session, place: tuple[str, str], search: Search, part: slice) -> Found:
    # Whoever pastes an id finds the record, however old it is.
    exact = record(session, *place, search.words[0]) if len(search.words) == 1 else None
    end = _end(session, place, search.depth)
    ids = _matching(session, place, search.words, end)
    if exact is not None and exact.deleted_at is None:
        ids = [exact.external_id, *(one for one in ids if one != exact.external_id)]
    shown = ids[:FOUND][part]
    found = select(Record).where(*_living(place), col(Record.external_id).in_(shown))
    by_id = {row.external_id: row for row in session.exec(found)}
    more = len(ids) > FOUND
    return Found(
        rows=[by_id[one] for one in shown if one in by_id],
        total=min(len(ids), FOUND),
        more=more,
        partly=end is not None and not more,
    )


def _end(session: Session, place: tuple[str, str], depth: int) -> tuple[datetime, str] | None:
    """Change time and id of the newest record that is no longer searched."""
    asked = sa.select(*_PLACE).where(*_living(place))
    found = session.connection().execute(asked.order_by(*_NEWEST).offset(depth).limit(1)).first()
    return (found[0], found[1]) if found else None


def _matching(
    session: Session, place: tuple[str, str], words: list[str], end: tuple[datetime, str] | None
) -> list[str]:
    """Ids of records newer than `end` whose text has all the words, the newest first."""
    fits = [col(Record.search).contains(word, autoescape=True) for word in words]
    asked = sa.select(col(Record.external_id)).where(*_living(place), *fits)
    if end is not None:
        # Not a limited subquery: sorted anew, it would be read to its end.
        last = sa.tuple_(sa.literal(end[0], Moment), sa.literal(end[1]))
        asked = asked.where(sa.tuple_(*_PLACE) > last)
    asked = asked.order_by(*_NEWEST).limit(FOUND + 1)
    return list(session.connection().execute(asked).scalars())


def _newest(place: tuple[str, str]) -> SelectOfScalar[Record]:
    return select(Record).where(*_living(place)).order_by(*_NEWEST)


def _living(place: tuple[str, str]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Record.connection_id) == place[0],
        col(Record.stream) == place[1],
        col(Record.deleted_at).is_(None),
    )
