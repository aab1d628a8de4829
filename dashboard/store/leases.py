"""Leases: who alone may do a thing that spans a network call, in whatever process."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from dashboard import clock
from dashboard.store.base import Column, Moment, Session, Table


class Lease(Table, table=True):
    """One thing under way. It ends by itself, so a dead holder blocks nobody for long.

    An empty `holder` means a pause: nobody works, and nobody should before `until`.
    """

    __tablename__ = "lease"
    key: str = Column(primary_key=True)
    holder: str
    until: datetime = Column(sa_type=Moment)


_TABLE: sa.Table = Lease.__table__  # type: ignore[attr-defined]


def acquire(session: Session, key: str, holder: str, lasts: timedelta) -> bool:
    """Take the lease when nobody holds it; True when it is ours now."""
    now = clock.now()
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = kind.insert(_TABLE).values(key=key, holder=holder, until=now + lasts)
    taken = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
        where=_TABLE.c.until <= now,
    ).returning(_TABLE.c.holder)
    return session.connection().execute(taken).scalar() == holder


def release(session: Session, key: str, holder: str) -> None:
    """Let go; nothing happens when the lease has passed to somebody else."""
    mine = (col(Lease.key) == key, col(Lease.holder) == holder)
    session.connection().execute(sa.delete(_TABLE).where(*mine))


def pause(session: Session, key: str, holder: str, lasts: timedelta) -> None:
    """Turn our lease into a pause: nobody may take it before it ends."""
    mine = (col(Lease.key) == key, col(Lease.holder) == holder)
    resting = sa.update(_TABLE).where(*mine).values(holder="", until=clock.now() + lasts)
    session.connection().execute(resting)


def is_paused(session: Session, key: str) -> bool:
    """True while a pause lasts."""
    row = session.get(Lease, key)
    return row is not None and not row.holder and row.until > clock.now()
