"""Token buckets: the vendors' limits, obeyed by every worker together."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.store.base import Column, Session, Table

LONGEST_IDLE_SECONDS = 3 * 86_400.0


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
    return _now(_dialect(session))


def take(session: Session, key: str, bucket: tuple[float, float], count: int, least: float) -> bool:
    """Take requests out of the bucket; one statement decides, so nobody can be between.

    Args:
        bucket: Its size, and what flows in each second.
        count: How many.
        least: How many must be in it.
    """
    size, per_second = bucket
    given = {"k": key, "size": size, "rate": per_second, "count": count, "least": least}
    return session.connection().execute(_take(_dialect(session)), given).rowcount == 1


def fill(session: Session, key: str, size: float) -> bool:
    """Make a full bucket; False when there is one."""
    kind = postgresql if _dialect(session) == "postgresql" else sqlite
    new = kind.insert(_TABLE).values(key=key, level=size, at=seconds_now(session), blocked_until=0)
    made = new.on_conflict_do_nothing().returning(_TABLE.c.key)
    return session.connection().execute(made).first() is not None


def wait(session: Session, key: str, bucket: tuple[float, float], least: float) -> float:
    """Seconds until so many requests will be in the bucket."""
    size, per_second = bucket
    given = {"k": key, "size": size, "rate": per_second}
    row = session.connection().execute(_wait(_dialect(session)), given).one()
    return max(float(row[0]), (least - float(row[1])) / per_second, 0.0)


def block(session: Session, key: str, seconds: float) -> None:
    """Let nobody take for so long; a longer block stays. Then the bucket holds one request."""
    until = seconds_now(session) + seconds
    longer = sa.update(_TABLE).where(_TABLE.c.key == key, _TABLE.c.blocked_until < until)
    session.connection().execute(longer.values(blocked_until=until, at=until, level=1.0))


def idle(session: Session, limit: int) -> list[str]:
    """Buckets nobody has used for three days: full, and so the same as none."""
    before = seconds_now(session) - LONGEST_IDLE_SECONDS
    found = sa.select(_TABLE.c.key).where(_TABLE.c.at < before, _TABLE.c.blocked_until < before)
    return list(session.execute(found.limit(limit)).scalars())


def forget(session: Session, keys: list[str]) -> None:
    """Drop those of these buckets that are still idle."""
    before = seconds_now(session) - LONGEST_IDLE_SECONDS
    these = sa.delete(_TABLE).where(_TABLE.c.key.in_(keys), _TABLE.c.at < before)
    session.connection().execute(these)


# Built once: composing such a statement costs more than running it.
@cache
def _take(dialect: str) -> sa.Update:
    now, level = _now(dialect), _level(dialect)
    enough = level >= sa.bindparam("least", type_=sa.Float)
    return (
        sa.update(_TABLE)
        .where(_TABLE.c.key == sa.bindparam("k"), _TABLE.c.blocked_until <= now, enough)
        .values(level=level - sa.bindparam("count", type_=sa.Float), at=now)
    )


@cache
def _wait(dialect: str) -> "sa.Select[Any]":
    asked = sa.select(_TABLE.c.blocked_until - _now(dialect), _level(dialect))
    return asked.where(_TABLE.c.key == sa.bindparam("k"))


def _level(dialect: str) -> sa.ColumnElement[float]:
    """What has flowed in since the last time, at most `size`; a clock set back adds nothing."""
    smaller, larger = (
        (sa.func.least, sa.func.greatest) if dialect == "postgresql" else (sa.func.min, sa.func.max)
    )
    size, rate = (sa.bindparam(name, type_=sa.Float) for name in ("size", "rate"))
    return smaller(size, _TABLE.c.level + larger(_now(dialect) - _TABLE.c.at, 0.0) * rate)


def _now(dialect: str) -> sa.ColumnElement[float]:
    if dialect == "postgresql":
        text = "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
    else:
        text = "((julianday('now') - 2440587.5) * 86400.0)"
    return sa.literal_column(text, sa.Float())


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
