"""Synced records: saved a page at a time, compared by digest, never by their fields."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from dashboard import clock
from dashboard.store.base import Column, Json, Moment, Table, now_column
from dashboard.store.packing import Row

LIVING = sa.text("deleted_at IS NULL")


class Record(Table, table=True):
    """One synced record; `fields` is the record dataclass as JSON.

    `search` is the lower-case text that page search looks in.
    """

    __tablename__ = "record"
    __table_args__ = (
        # Lists, counts and the next page are read from it alone, backwards.
        sa.Index(
            "record_living",
            "connection_id",
            "stream",
            "updated_at",
            "external_id",
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        ),
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
    page = _Page(session.connection(), place)
    latest = {row.external_id: row for row in rows}
    known = page.known(list(latest))
    new = [row for key, row in latest.items() if key not in known]
    changed = [latest[key] for key, old in known.items() if page.differs(latest[key], old)]
    page.write([*new, *changed])
    touched = {row.external_id for row in changed}
    unseen = [key for key, old in known.items() if old[_GENERATION] < place.generation]
    page.see([*(key for key in unseen if key not in touched), *kept])
    return Saved(
        new=tuple(row.external_id for row in new),
        changed=tuple(row.external_id for row in changed),
        deleted=_delete(session, place, [_TABLE.c.external_id.in_(deleted)]) if deleted else (),
    )


def delete_unseen(session: Session, place: Place) -> tuple[str, ...]:
    """Mark as deleted what the full reading `place.generation` has not met; their ids."""
    return _delete(session, place, [_TABLE.c.generation < place.generation])


def load_records(session: Session, place: Place, ids: Sequence[str]) -> list[Record]:
    """The named records, deleted ones included."""
    found = select(Record).where(*_here(place), _TABLE.c.external_id.in_(ids))
    return list(session.exec(found))


class _Page:
    """The statements of one page, with what they share filled in."""

    def __init__(self, connection: sa.Connection, place: Place) -> None:
        self._connection, self._place = connection, place
        self._sql = _prepared(connection.dialect)
        self._here = {
            "here_connection_id": place.connection_id,
            "here_stream": place.stream,
            "generation": place.generation,
        }

    def known(self, ids: list[str]) -> dict[str, Sequence[Any]]:
        """What is kept of these, as (id, digest, generation, updated_at, deleted_at)."""
        if not ids:
            return {}
        return {row[0]: row for row in self._run(self._sql.known, ids)}

    def differs(self, row: Row, old: Sequence[Any]) -> bool:
        """An older version that arrives late (a delayed webhook) changes nothing."""
        if row.digest == old[_DIGEST] and old[_DELETED_AT] is None:
            return False
        return bool(self._sql.moment(row.updated_at) >= old[_UPDATED_AT])

    def write(self, rows: list[Row]) -> None:
        if not rows:
            return
        moment, place = self._sql.moment, self._place
        now = moment(clock.now())
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
                moment(row.updated_at),
                now,
            )
            for row in rows
        ]
        upsert = self._sql.upsert
        given = values if upsert.order else [dict(zip(_COLUMNS, v, strict=True)) for v in values]
        self._connection.exec_driver_sql(upsert.sql, given)

    def see(self, ids: list[str]) -> None:
        """Say that the present full reading has met these unchanged records."""
        if ids:
            self._run(self._sql.see, ids)

    def _run(self, statement: "_Statement", ids: list[str]) -> sa.CursorResult[Any]:
        names = self._sql.names(ids)
        return self._connection.exec_driver_sql(
            statement.sql, statement.given({**self._here, "ids": names})
        )


_DIGEST, _GENERATION, _UPDATED_AT, _DELETED_AT = 1, 2, 3, 4
_COLUMNS = ("connection_id", "stream", "external_id", *_WRITTEN)


@dataclass(frozen=True)
class _Statement:
    """SQL as the driver takes it. `order` of the values is empty where they go by name."""

    sql: str
    order: tuple[str, ...]

    def given(self, values: dict[str, Any]) -> Any:
        return tuple(values[name] for name in self.order) if self.order else values


@dataclass(frozen=True, kw_only=True)
class _Statements:
    """What a page needs, compiled once: SQLAlchemy would spend more on it than SQLite does.

    Args:
        names: Ids as one value.
        moment: The driver's own form; SQLite compares moments as text, so all must be alike.
    """

    known: _Statement
    upsert: _Statement
    see: _Statement
    names: Callable[[list[str]], Any]
    moment: Callable[[datetime], Any]


@cache
def _prepared(dialect: sa.Dialect) -> _Statements:
    on_sqlite = dialect.name == "sqlite"
    columns = _TABLE.c
    ids: sa.BindParameter[Any] = sa.bindparam(
        "ids", type_=sa.Text() if on_sqlite else postgresql.ARRAY(sa.Text)
    )
    here = (
        columns.connection_id == sa.bindparam("here_connection_id"),
        columns.stream == sa.bindparam("here_stream"),
        columns.external_id.in_(sa.select(sa.func.json_each(ids).table_valued("value").c.value))
        if on_sqlite
        else columns.external_id == sa.func.any(ids),
    )
    known = sa.select(
        columns.external_id,
        columns.digest,
        columns.generation,
        columns.updated_at,
        columns.deleted_at,
    )
    see = sa.update(_TABLE).values(generation=sa.bindparam("generation"))
    return _Statements(
        known=_compiled(known.where(*here), dialect),
        upsert=_compiled(_upsert(on_sqlite=on_sqlite), dialect),
        see=_compiled(see.where(*here), dialect),
        names=json.dumps if on_sqlite else list,
        moment=sqlite_moment if on_sqlite else _same,
    )


def sqlite_moment(moment: datetime) -> str:
    """As SQLAlchemy spells moments in SQLite, many times faster."""
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _upsert(*, on_sqlite: bool) -> sa.Insert:
    # The fields arrive as text that is JSON already. SQLite keeps it so; PostgreSQL must be told.
    text = sa.bindparam("fields", type_=sa.Text)
    binds: dict[str, Any] = {name: sa.bindparam(name) for name in _COLUMNS}
    kind = sqlite if on_sqlite else postgresql
    insert = kind.insert(_TABLE).values(
        {**binds, "fields": text if on_sqlite else sa.cast(text, Json)}
    )
    upsert: sa.Insert = insert.on_conflict_do_update(
        index_elements=["connection_id", "stream", "external_id"],
        set_={**{name: insert.excluded[name] for name in _WRITTEN}, "deleted_at": sa.null()},
        where=insert.excluded.updated_at >= _TABLE.c.updated_at,
    )
    return upsert


def _compiled(statement: sa.sql.ClauseElement, dialect: sa.Dialect) -> _Statement:
    compiled: Any = statement.compile(dialect=dialect)
    return _Statement(str(compiled), tuple(compiled.positiontup or ()))


def _same(moment: datetime) -> datetime:
    return moment


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
