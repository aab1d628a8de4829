"""Whole tables out of a database and into another, whichever of the two kinds each is."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store import migrate
from dashboard.store.base import Session, Store

# Who lives and who holds what, here and now; sessions, so that no sign-out is undone; what is left
# of the vendors' limits.
PASSING = frozenset({"executor", "lease", "bucket", "staff_session"})
# A fresh database's own rows: the check of the key, the revision, the end of an empty journal.
OWN = frozenset({"secret", "alembic_version", "audit_head"})
JOBS, INPUTS = "workflow_status", "workflow_input"
# Waiting and running jobs; failed ones, for people; and names that may be taken once only.
_KEPT_JOBS = ("ENQUEUED", "PENDING", "DELAYED", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A table in a dump: its name and the order of the values in each row."""

    name: str
    columns: tuple[str, ...]


@contextmanager
def snapshot(store: Store) -> Iterator[sa.Connection]:
    """The database as it is at one moment, while others go on writing."""
    with store.engine.connect() as connection:
        if store.on_postgres:
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            # The rows are written elsewhere in the meantime, and that may take its time.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout TO 0")
        else:
            # The driver begins no transaction for reading, and each SELECT would see another state.
            connection.exec_driver_sql("BEGIN")
        yield connection
        connection.rollback()


def shapes(connection: sa.Connection) -> list[Shape]:
    """What a dump holds: our lasting tables, and the jobs."""
    ours = [name for name in migrate.metadata().tables if name not in PASSING]
    tables = [_table(connection, name) for name in [*sorted(ours), JOBS, INPUTS]]
    return [Shape(name=one.name, columns=tuple(one.columns.keys())) for one in tables]


def rows(connection: sa.Connection, shape: Shape) -> Iterator[str]:
    """Every row as a line of JSON, in the order of the primary key."""
    table = _table(connection, shape.name)
    packers = [_packer(table.columns[name].type) for name in shape.columns]
    asked = sa.select(*(table.columns[name] for name in shape.columns))
    asked = _kept(connection, asked, table).order_by(*table.primary_key.columns)
    streamed = connection.execution_options(yield_per=_AT_ONCE).execute(asked)
    for row in streamed:
        values = [pack(value) for pack, value in zip(packers, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def revision(connection: sa.Connection) -> str:
    """The revision of the tables."""
    text = sa.text("SELECT version_num FROM alembic_version")
    return str(connection.execute(text).scalar_one())


def is_empty(connection: sa.Connection) -> bool:
    """True when nobody has worked with this database; tables may be there."""
    found = [name for name in sa.inspect(connection).get_table_names() if _counts(name)]
    return not any(_any_row(connection, name) for name in found)


def has_tables(connection: sa.Connection) -> bool:
    """True when it was ever migrated."""
    return sa.inspect(connection).has_table("alembic_version")


def clear(session: Session, names: Iterable[str]) -> None:
    """Delete all rows of these tables, and what only passes."""
    connection = session.connection()
    for table in reversed(_ordered(connection, [*names, *PASSING])):
        connection.execute(sa.delete(table))


def put(session: Session, dump: Sequence[Shape], lines: Callable[[str], Iterable[str]]) -> None:
    """Insert every row of a dump, parents before children.

    Args:
        lines: Table name -> its rows as `rows` gave them.
    """
    connection = session.connection()
    by_name = {shape.name: shape for shape in dump}
    for table in _ordered(connection, by_name):
        _fill(connection, table, by_name[table.name], lines(table.name))
    _continue_numbers(connection, set(by_name))


def settle(session: Session) -> None:
    """Make a state that was true at the moment of the dump safe to go on from.

    Jobs that ran wait again. Actions that were about to be done may have been done since: they
    count as begun, so that what became of them is looked up, or asked of a person, first.
    """
    connection = session.connection()
    jobs = _table(connection, JOBS)
    again = sa.update(jobs).where(jobs.c.status == "PENDING")
    connection.execute(again.values(status="ENQUEUED", executor_id=None, started_at_epoch_ms=None))
    runs = _table(connection, "action_run")
    begun = sa.func.coalesce(runs.c.started_at, runs.c.decided_at, runs.c.created_at)
    maybe = sa.update(runs).where(runs.c.state == "approved")
    connection.execute(maybe.values(state="running", started_at=begun, attempts=1))


def count(session: Session, name: str) -> int:
    """How many rows a table has."""
    table = _table(session.connection(), name)
    return int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _kept(connection: sa.Connection, asked: sa.Select[Any], table: sa.Table) -> sa.Select[Any]:
    if table.name not in (JOBS, INPUTS):
        return asked
    jobs = table if table.name == JOBS else _table(connection, JOBS)
    kept = sa.or_(jobs.c.status.in_(_KEPT_JOBS), jobs.c.workflow_uuid.like("once-%"))
    if table is jobs:
        return asked.where(kept)
    return asked.where(table.c.workflow_uuid.in_(sa.select(jobs.c.workflow_uuid).where(kept)))


def _fill(connection: sa.Connection, table: sa.Table, shape: Shape, lines: Iterable[str]) -> None:
    # The engine's table may have gained or lost a column since.
    here = [name for name in shape.columns if name in table.columns]
    readers = {name: _reader(connection, table.columns[name].type) for name in here}
    insert, batch = sa.insert(table), []
    for line in lines:
        values = dict(zip(shape.columns, json.loads(line), strict=True))
        batch.append({name: readers[name](values[name]) for name in here})
        if len(batch) == _AT_ONCE:
            connection.execute(insert, batch)
            batch = []
    if batch:
        connection.execute(insert, batch)


def _table(connection: sa.Connection, name: str) -> sa.Table:
    """A table as it stands in the database, without its parents: asking for them takes long."""
    place, metadata = _schema(connection, name), sa.MetaData()
    return sa.Table(name, metadata, schema=place, autoload_with=connection, resolve_fks=False)


def _schema(connection: sa.Connection, name: str) -> str | None:
    is_apart = connection.dialect.name == "postgresql" and name in (JOBS, INPUTS)
    return "dbos" if is_apart else None


def _ordered(connection: sa.Connection, names: Iterable[str]) -> list[sa.Table]:
    """Tables as they stand in the database, parents first."""
    metadata, wanted = sa.MetaData(), set(names)
    for name in sorted(wanted):
        sa.Table(name, metadata, schema=_schema(connection, name), autoload_with=connection)
    return [table for table in metadata.sorted_tables if table.name in wanted]


def _counts(name: str) -> bool:
    return name in migrate.metadata().tables and name not in PASSING | OWN


def _any_row(connection: sa.Connection, name: str) -> bool:
    table = sa.table(name)
    return (
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
    )


def _continue_numbers(connection: sa.Connection, names: set[str]) -> None:
    """PostgreSQL counts on from what it gave out itself, not from what was inserted."""
    if connection.dialect.name != "postgresql":
        return
    for name in names & {"audit_entry", "occurrence"}:
        highest = sa.select(sa.func.max(_table(connection, name).c.seq)).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(name, "seq")
        number = sa.func.coalesce(highest, 1)
        connection.execute(sa.select(sa.func.setval(sequence, number, highest.is_not(None))))


def _packer(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, sa.DateTime):
        return _packed_moment
    if isinstance(kind, sa.LargeBinary):
        return lambda value: None if value is None else base64.b64encode(value).decode()
    return lambda value: value


def _packed_moment(value: datetime | None) -> str | None:
    if value is None:
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def _reader(connection: sa.Connection, kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any]:
    on_postgres = connection.dialect.name == "postgresql"
    if isinstance(kind, sa.DateTime):
        return _aware if on_postgres else _naive
    if isinstance(kind, sa.LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value)
    if isinstance(kind, sa.JSON):
        kind.none_as_null = True
    elif on_postgres and isinstance(kind, sa.String):
        return _without_nul
    return lambda value: value


def _aware(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _naive(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=None)


def _without_nul(value: str | None) -> str | None:
    # SQLite keeps the character that PostgreSQL cannot.
    return value if value is None else value.replace("\x00", "\ufffd")
