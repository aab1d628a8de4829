"""Tokens that are to be renewed: found by an index on the moment, claimed by one process."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from dashboard.store.base import Session
from dashboard.store.connections import Connection

_TABLE: sa.Table = Connection.__table__  # type: ignore[attr-defined]
WITH_TOKENS = ("authorized", "active", "degraded")


def anything_due(session: Session, now: datetime) -> bool:
    """Whether a claim would find something; reads only, so an idle tick locks nothing."""
    return session.execute(_due(now).limit(1)).first() is not None


def claim(session: Session, now: datetime, lease: timedelta, limit: int) -> list[tuple[str, str]]:
    """Connections whose token is to be renewed, as (id, provider).

    The lease hides them from the next tick.
    """
    claimed = (
        sa.update(_TABLE)
        .where(_TABLE.c.id.in_(_claimable(now, limit)))
        .values(refresh_due_at=now + lease)
        .returning(_TABLE.c.id, _TABLE.c.provider)
    )
    return [tuple(row) for row in session.connection().execute(claimed)]


def schedule(session: Session, connection_id: str, version: int, at: datetime | None) -> None:
    """Set the next moment, unless the credentials were changed meanwhile."""
    this = (_TABLE.c.id == connection_id, _TABLE.c.version == version)
    session.connection().execute(sa.update(_TABLE).where(*this).values(refresh_due_at=at))


def hasten(session: Session, provider: str, codes: Collection[str], now: datetime) -> list[str]:
    """Those that could not be renewed because of one of these errors; they are due now."""
    this = (
        _TABLE.c.provider == provider,
        _TABLE.c.state.in_(WITH_TOKENS),
        _TABLE.c.error_code.in_(codes),
    )
    hastened = sa.update(_TABLE).where(*this).values(refresh_due_at=now).returning(_TABLE.c.id)
    return list(session.connection().execute(hastened).scalars())


def clear_errors(session: Session, connection_id: str, codes: Collection[str]) -> None:
    """Forget an error that a renewal has just disproved."""
    this = (_TABLE.c.id == connection_id, _TABLE.c.error_code.in_(codes))
    nothing = {"error_code": "", "error_reason": "", "error_at": None}
    session.connection().execute(sa.update(_TABLE).where(*this).values(**nothing))


def _claimable(now: datetime, limit: int) -> "sa.Select[tuple[str]]":
    due = _due(now).order_by(_TABLE.c.refresh_due_at).limit(limit)
    return due.with_for_update(skip_locked=True)


def _due(now: datetime) -> "sa.Select[tuple[str]]":
    return sa.select(_TABLE.c.id).where(
        _TABLE.c.refresh_due_at.is_not(None),
        _TABLE.c.refresh_due_at <= now,
        _TABLE.c.state.in_(WITH_TOKENS),
    )
