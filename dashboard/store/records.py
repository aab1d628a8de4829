"""Synced records: saved a page at a time, compared by digest, never by their fields."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from dashboard import clock
from dashboard.store.base import Column, Json, Moment, Table, now_column
from dashboard.store.packing import Row


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


_TABLE: sa.Table = Record.__table__  # type: ignore[attr-defined]
_WRITTEN = ("title", "search", "digest", "fields", "generation", "updated_at", "saved_at")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where records belong. `generation` is the full reading that last saw them."""

    connection_id: str
    stream: str
    generation: int = 0


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Vendor ids by what saving did to them; those unchanged are not named."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


def save_records(
    session: Session,
    place: Place,
    rows: Iterable[Row],
    deleted: Sequence[str] = (),
    *,
    kept: Sequence[str] = (),
) -> Saved:
    """Insert what is new, write over what differs, leave what is the same or newer.

    The caller has written something in this transaction before, so that on SQLite nobody can
    write between the comparison and the insert.

    Args:
        kept: Vendor ids that exist but could not be read; a full reading leaves them alone.
    """
    latest = {row.external_id: row for row in rows}
    known = _known(session, place, list(latest))
    new = [row for key, row in latest.items() if key not in known]
    changed = [row for key, row in latest.items() if key in known and _differs(row, known[key])]
    _write(session, place, [*new, *changed])
    touched = {row.external_id for row in changed}
    same = [key for key, old in known.items() if _unseen(old, place, key, touched)]
    _see(session, place, [*same, *kept])
    return Saved(
        new=tuple(row.external_id for row in new),
        changed=tuple(row.external_id for row in changed),
        deleted=_delete(session, place, [Record.external_id.in_(deleted)]) if deleted else (),  # type: ignore[attr-defined]
    )


def delete_unseen(session: Session, place: Place) -> tuple[str, ...]:
    """Mark as deleted what the full reading `place.generation` has not met; their ids."""
    return _delete(session, place, [_TABLE.c.generation < place.generation])


def load_records(session: Session, place: Place, ids: Sequence[str]) -> list[Record]:
    """The named records, deleted ones included."""
    found = select(Record).where(*_here(place), _TABLE.c.external_id.in_(ids))
    return list(session.exec(found))


def _known(session: Session, place: Place, ids: list[str]) -> dict[str, sa.Row[Any]]:
    columns = _TABLE.c
    found = sa.select(
        columns.external_id,
        columns.digest,
        columns.generation,
        columns.updated_at,
        columns.deleted_at,
    ).where(*_here(place), columns.external_id.in_(ids))
    return {row.external_id: row for row in session.execute(found)} if ids else {}


def _differs(row: Row, old: sa.Row[Any]) -> bool:
    """An older version that arrives late (a delayed webhook) changes nothing."""
    if row.updated_at < old.updated_at:
        return False
    return row.digest != old.digest or old.deleted_at is not None


def _unseen(old: sa.Row[Any], place: Place, key: str, touched: set[str]) -> bool:
    return old.generation < place.generation and key not in touched


def _write(session: Session, place: Place, rows: list[Row]) -> None:
    if not rows:
        return
    connection = session.connection()
    insert = _prepared(connection.dialect)
    now = insert.moment(clock.now())
    values: list[tuple[Any, ...]] = [
        (
            place.connection_id,
            place.stream,
            row.external_id,
            row.title,
            row.search,
            row.digest,
            row.text,
            place.generation,
            insert.moment(row.updated_at),
            now,
        )
        for row in rows
    ]
    connection.exec_driver_sql(insert.statement, insert.given(values))


_COLUMNS = ("connection_id", "stream", "external_id", *_WRITTEN)


@dataclass(frozen=True, kw_only=True)
class _Insert:
    """The upsert as the driver takes it. SQLAlchemy would spend more on each row than SQLite."""

    statement: str
    moment: Callable[[datetime], Any]
    by_name: bool

    def given(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows] if self.by_name else rows


@cache
def _prepared(dialect: sa.Dialect) -> _Insert:
    by_name = dialect.name != "sqlite"
    kind = postgresql if by_name else sqlite
    # The fields arrive as text that is JSON already. SQLite keeps it so; PostgreSQL must be told.
    text = sa.bindparam("fields", type_=sa.Text)
    binds: dict[str, Any] = {name: sa.bindparam(name) for name in _COLUMNS}
    insert = kind.insert(_TABLE).values(
        {**binds, "fields": sa.cast(text, Json) if by_name else text}
    )
    upsert = insert.on_conflict_do_update(
        index_elements=["connection_id", "stream", "external_id"],
        set_={**{name: insert.excluded[name] for name in _WRITTEN}, "deleted_at": sa.null()},
        where=insert.excluded.updated_at >= _TABLE.c.updated_at,
    )
    compiled = upsert.compile(dialect=dialect)
    return _Insert(
        statement=str(compiled),
        # The dialect's own form: SQLite compares moments as text, so all must be spelled alike.
        moment=Moment().dialect_impl(dialect).bind_processor(dialect) or _same,
        by_name=by_name,
    )


def _same(moment: datetime) -> datetime:
    return moment


def _see(session: Session, place: Place, ids: list[str]) -> None:
    """Say that the present full reading has met these unchanged records."""
    if ids:
        seen = sa.update(_TABLE).where(*_here(place), _TABLE.c.external_id.in_(ids))
        session.connection().execute(seen.values(generation=place.generation))


def _delete(session: Session, place: Place, which: list[sa.ColumnElement[bool]]) -> tuple[str, ...]:
    now = clock.now()
    gone = (
        sa.update(_TABLE)
        .where(*_here(place), _TABLE.c.deleted_at.is_(None), *which)
        .values(deleted_at=now, saved_at=now)
        .returning(_TABLE.c.external_id)
    )
    return tuple(session.connection().execute(gone).scalars())


def _here(place: Place) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return (_TABLE.c.connection_id == place.connection_id, _TABLE.c.stream == place.stream)
