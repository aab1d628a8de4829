"""Leases: who alone may do a thing that spans a network call, in whatever process.

Time is the database's, one clock for all machines: a machine whose own clock is ten minutes
ahead must not find every lease ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.store.base import Column, Session, Table
from dashboard.store.limits import seconds_now


class Lease(Table, table=True):
    """One thing under way. It ends by itself, so a dead holder blocks nobody for long.

    An empty `holder` means a pause: nobody works, and nobody should before `until`.

    Args:
        until: Unix seconds.
        cut_off: Whoever worked last never told how it ended.
    """

    __tablename__ = "lease"
    key: str = Column(primary_key=True)
    holder: str
    until: float
    cut_off: bool = False


_TABLE: sa.Table = Lease.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Taken:
    """A lease that is ours now; `cut_off` when the work before us never told how it ended."""

    cut_off: bool


def acquire(session: Session, key: str, holder: str, lasts: timedelta) -> Taken | None:
    """Take the lease when nobody holds it; None while somebody does, or during a pause."""
    now = seconds_now(session)
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    until = now + lasts.total_seconds()
    insert = kind.insert(_TABLE).values(key=key, holder=holder, until=until, cut_off=False)
    taken = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "holder": holder,
            "until": until,
            "cut_off": sa.or_(_TABLE.c.cut_off, _TABLE.c.holder != ""),
        },
        where=_TABLE.c.until <= now,
    ).returning(_TABLE.c.cut_off)
    row = session.connection().execute(taken).first()
    return Taken(cut_off=bool(row[0])) if row else None


def release(session: Session, key: str, holder: str) -> bool:
    """Let go, all being well; False when the lease has passed to somebody else."""
    mine = sa.delete(_TABLE).where(_TABLE.c.key == key, _TABLE.c.holder == holder)
    return session.connection().execute(mine).rowcount == 1


def pause(
    session: Session, key: str, holder: str, lasts: timedelta, *, cut_off: bool = False
) -> None:
    """Turn our lease into a pause: nobody may take it before it ends.

    Args:
        cut_off: It is not known how our work ended; whoever comes next is told so.
    """
    mine = sa.update(_TABLE).where(_TABLE.c.key == key, _TABLE.c.holder == holder)
    until = seconds_now(session) + lasts.total_seconds()
    doubt = sa.or_(_TABLE.c.cut_off, sa.literal(cut_off))
    session.connection().execute(mine.values(holder="", until=until, cut_off=doubt))


def is_paused(session: Session, key: str) -> bool:
    """True while a pause lasts."""
    resting = (_TABLE.c.key == key, _TABLE.c.holder == "", _TABLE.c.until > seconds_now(session))
    return session.connection().execute(sa.select(_TABLE.c.key).where(*resting)).first() is not None


def end_pauses(session: Session, keys: Sequence[str]) -> None:
    """Let work on these be tried at once: what stood in its way is gone."""
    resting = (_TABLE.c.key.in_(keys), _TABLE.c.holder == "")
    session.connection().execute(sa.update(_TABLE).where(*resting).values(until=0.0))
