"""Token buckets: the vendors' limits, obeyed by every worker together."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.store.base import Column, Session, Table


class Bucket(Table, table=True):
    """What is left for one vendor account. `level` in requests, `at` in Unix seconds."""

    __tablename__ = "bucket"
    key: str = Column(primary_key=True)
    level: float
    at: float
    blocked_until: float = 0


_TABLE: sa.Table = Bucket.__table__  # type: ignore[attr-defined]


def seconds_now(session: Session) -> sa.ColumnElement[float]:
    """Unix seconds by the database's clock: one clock for all processes and machines."""
    if _on_postgres(session):
        text = "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
    else:
        text = "((julianday('now') - 2440587.5) * 86400.0)"
    return sa.literal_column(text, sa.Float())


def take(session: Session, key: str, size: float, per_second: float) -> bool:
    """Take one request out of the bucket; one statement decides, so nobody can be between."""
    level = _level(session, size, per_second)
    now = seconds_now(session)
    taken = (
        sa.update(_TABLE)
        .where(_TABLE.c.key == key, _TABLE.c.blocked_until <= now, level >= 1.0)
        .values(level=level - 1.0, at=now)
    )
    return session.connection().execute(taken).rowcount == 1


def fill(session: Session, key: str, size: float) -> bool:
    """Make a full bucket; False when there is one."""
    kind = postgresql if _on_postgres(session) else sqlite
    new = kind.insert(_TABLE).values(key=key, level=size, at=seconds_now(session), blocked_until=0)
    made = new.on_conflict_do_nothing().returning(_TABLE.c.key)
    return session.connection().execute(made).first() is not None


def wait(session: Session, key: str, size: float, per_second: float) -> float:
    """Seconds until a request may be taken."""
    now = seconds_now(session)
    asked = sa.select(_TABLE.c.blocked_until - now, _level(session, size, per_second))
    row = session.connection().execute(asked.where(_TABLE.c.key == key)).one()
    return max(float(row[0]), (1.0 - float(row[1])) / per_second, 0.0)


def block(session: Session, key: str, seconds: float) -> None:
    """Let nobody take for so long; a longer block stays."""
    until = seconds_now(session) + seconds
    longer = sa.update(_TABLE).where(_TABLE.c.key == key, _TABLE.c.blocked_until < until)
    session.connection().execute(longer.values(blocked_until=until))


def _level(session: Session, size: float, per_second: float) -> sa.ColumnElement[float]:
    """What has flowed in since the last time, at most `size`; a clock set back adds nothing."""
    smaller, larger = (
        (sa.func.least, sa.func.greatest) if _on_postgres(session) else (sa.func.min, sa.func.max)
    )
    passed = larger(seconds_now(session) - _TABLE.c.at, 0.0)
    return smaller(sa.literal(float(size)), _TABLE.c.level + passed * per_second)


def _on_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
