"""What is to be done with connections by the clock, claimed by whichever process ticks first.

Each kind of work has a moment on the connection, and a partial index on it: an idle tick reads
the index's first entry, however many connections there are. A claim moves the moment on by a
lease, in the transaction that enqueues the work, so a process that dies takes nothing with it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from dashboard.store.base import Session
from dashboard.store.connections import Connection

_TABLE: sa.Table = Connection.__table__  # type: ignore[attr-defined]
CONNECTED = ("active", "degraded")


class Work(StrEnum):
    """Kinds of work, by the column of their moment."""

    READING = "next_due_at"
    PROBE = "probe_due_at"
    HOOK = "hook_due_at"


def anything(session: Session, work: Work, now: datetime) -> bool:
    """Whether a claim would find something; reads only, so an idle tick locks nothing."""
    return session.connection().execute(_due(work, now).limit(1)).first() is not None


def claim(
    session: Session, work: Work, now: datetime, lease: timedelta, limit: int
) -> list[Connection]:
    """Connections whose time has come, the longest due first."""
    due = _due(work, now).order_by(_TABLE.c[work]).limit(limit).with_for_update(skip_locked=True)
    claimed = (
        sa.update(_TABLE)
        .where(_TABLE.c.id.in_(due))
        .values({work: now + lease})
        .returning(_TABLE.c.id)
    )
    ids = list(session.connection().execute(claimed).scalars())
    found = session.scalars(sa.select(Connection).where(_TABLE.c.id.in_(ids))) if ids else ()
    by_id = {connection.id: connection for connection in found}
    return [by_id[one] for one in ids]


def schedule(session: Session, work: Work, connection_id: str, at: datetime | None) -> None:
    """Set when the work is done next; None for not by the clock."""
    this = sa.update(_TABLE).where(_TABLE.c.id == connection_id)
    session.connection().execute(this.values({work: at}))


def late(session: Session, work: Work, now: datetime) -> float:
    """Seconds the longest-due connection has waited for a tick; 0 when none is late."""
    oldest = _due(work, now).order_by(_TABLE.c[work]).limit(1).with_only_columns(_TABLE.c[work])
    moment = session.connection().execute(oldest).scalar()
    return (now - moment).total_seconds() if moment else 0.0


def _due(work: Work, now: datetime) -> "sa.Select[tuple[str]]":
    moment = _TABLE.c[work]
    due = sa.select(_TABLE.c.id).where(moment <= now)
    due = due.where(_TABLE.c.state.in_(CONNECTED))
    return due.where(sa.not_(_TABLE.c.paused)) if work is Work.READING else due
