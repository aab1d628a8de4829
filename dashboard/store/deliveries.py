"""Deliveries that go out: who takes one, how a try ends, what is sent again, what is purged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from dashboard import clock
from dashboard.store.connections import Connection
from dashboard.store.events import CONNECTED, Delivery

FINISHED = ("delivered", "dead")
_D: sa.Table = Delivery.__table__  # type: ignore[attr-defined]
_DUE, _LINE = _D.c.next_attempt_at, (_D.c.position, _D.c.id)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which finished deliveries of a receiver are meant.

    Args:
        until: Inclusive, as `since` is; both speak of when the event was queued. What was
            delivered after it is left out too, so that a repeated wish finds nothing.
        states: Of `delivered` and `dead`.
    """

    connection_id: str
    since: datetime
    until: datetime
    states: Collection[str] = ("dead",)


def insert(session: Session, delivery: Delivery) -> bool:
    """Store it, unless this connection has one of the same source; False then."""
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = kind.insert(_D).values(delivery.model_dump()).on_conflict_do_nothing()
    # Not by rowcount: PostgreSQL's driver gives none for an insert.
    return session.connection().execute(new.returning(_D.c.id)).first() is not None


def lock(session: Session, delivery_id: str) -> Delivery | None:
    """The delivery, with every other writer of it waiting until this transaction ends."""
    this = sa.update(_D).where(_D.c.id == delivery_id)
    session.connection().execute(this.values(attempts=_D.c.attempts))
    return session.get(Delivery, delivery_id, populate_existing=True)


def take_due(
    session: Session, connection_id: str, job_id: str, lease: timedelta, *, alone: bool
) -> Delivery | None:
    """Begin a try of the delivery that has been due longest, or None.

    Args:
        lease: How long nobody else takes it, should this process never come back.
        alone: Only while no other try at this receiver is under way.
    """
    mine, now = _D.c.connection_id == connection_id, clock.now()
    due = sa.select(_D.c.id).where(mine, now >= _DUE).order_by(_DUE, *_LINE).limit(1)
    chosen = due.with_for_update(skip_locked=True).scalar_subquery()
    free = [_nobody_sends(connection_id, now)] if alone else []
    return _begin(session, job_id, now + lease, _D.c.id == chosen, *free)


def take_first(
    session: Session, connection_id: str, job_id: str, lease: timedelta
) -> Delivery | None:
    """Begin a try of the first in the line, or None while that one waits or is being sent."""
    mine, now = _D.c.connection_id == connection_id, clock.now()
    first = sa.select(_D.c.id).where(mine, _DUE.is_not(None)).order_by(*_LINE).limit(1)
    chosen = _D.c.id == first.scalar_subquery()
    return _begin(session, job_id, now + lease, chosen, _nobody_sends(connection_id, now))


def take(session: Session, delivery_id: str, lease: timedelta) -> Delivery | None:
    """Begin a try of this very delivery, unless it is finished."""
    return _begin(session, "", clock.now() + lease, _D.c.id == delivery_id, waiting=False)


def give_back(session: Session, connection_id: str, job_id: str) -> None:
    """Make due at once what this job's dead process was about to send."""
    left = (_D.c.connection_id == connection_id, _D.c.state == "delivering")
    mine = sa.update(_D).where(*left, _D.c.taken_by == job_id)
    session.connection().execute(mine.values(next_attempt_at=clock.now()))


def release(session: Session, connection_id: str) -> int:
    """Make due at once all that waits; how many there are."""
    waits = (_D.c.connection_id == connection_id, _D.c.state == "pending")
    now = clock.now()
    session.connection().execute(
        sa.update(_D).where(*waits, now < _DUE).values(next_attempt_at=now)
    )
    return int(session.connection().execute(sa.select(sa.func.count()).where(*waits)).scalar_one())


def overdue_receivers(session: Session, before: datetime, limit: int = 500) -> Sequence[str]:
    """Receivers that listen and have deliveries that were due before a moment."""
    waits = sa.exists().where(_D.c.connection_id == Connection.id, before > _DUE)
    listens = (col(Connection.state).in_(CONNECTED), sa.not_(col(Connection.paused)))
    found = sa.select(col(Connection.id)).where(*listens, waits).limit(limit)
    return session.connection().execute(found).scalars().all()


def abandon(session: Session, code: str, limit: int = 500) -> Sequence[str]:
    """Give up what waits for receivers that were disconnected; whose they were."""
    gone = col(Connection.state) == "disconnected"
    waits = sa.exists().where(_D.c.connection_id == Connection.id, _DUE.is_not(None))
    left = sa.select(col(Connection.id)).where(gone, waits).limit(limit)
    found = session.connection().execute(left).scalars().all()
    theirs = (_D.c.connection_id.in_(found), _D.c.state == "pending")
    dead = {"state": "dead", "error_code": code, "next_attempt_at": None}
    if found:
        session.connection().execute(sa.update(_D).where(*theirs).values(**dead))
    return found


def count_chosen(session: Session, choice: Choice) -> int:
    """How many would be sent again."""
    counted = sa.select(sa.func.count()).where(*_chosen(choice))
    return int(session.connection().execute(counted).scalar_one())


def replay(session: Session, choice: Choice) -> int:
    """Put all of them back where they stood in the line; how many. A repeat finds none left."""
    anew: dict[str, Any] = {
        "state": "pending",
        "attempts": 0,
        "error_code": "",
        "next_attempt_at": clock.now(),
    }
    anew["delivered_at"] = None
    back = sa.update(_D).where(*_chosen(choice)).values(**anew)
    return session.connection().execute(back).rowcount


def purge(before: dict[str, datetime], session: Session, limit: int) -> int:
    """Delete finished deliveries with their tries; how many.

    Args:
        before: By state, until when one of them must have been queued.
    """
    # Ids begin with the moment they were made, so the oldest are found by their key alone.
    old = sa.or_(
        *(
            sa.and_(_D.c.state == state, _D.c.created_at < moment, _D.c.id < _id_of(moment))
            for state, moment in before.items()
        )
    )
    ids = sa.select(_D.c.id).where(old, _D.c.id < _id_of(max(before.values())))
    gone = sa.delete(_D).where(_D.c.id.in_(ids.order_by(_D.c.id).limit(limit)))
    return session.connection().execute(gone).rowcount


def _id_of(moment: datetime) -> str:
    return f"msg_{int(moment.timestamp() * 1000):012x}"


def _chosen(choice: Choice) -> list[sa.ColumnElement[bool]]:
    return [
        _D.c.connection_id == choice.connection_id,
        _D.c.state.in_([state for state in FINISHED if state in choice.states]),
        _D.c.created_at >= choice.since,
        _D.c.created_at <= choice.until,
        sa.or_(_D.c.delivered_at.is_(None), _D.c.delivered_at <= choice.until),
    ]


def _nobody_sends(connection_id: str, now: datetime) -> sa.ColumnElement[bool]:
    others = _D.alias("others")
    sends = (
        others.c.connection_id == connection_id,
        others.c.state == "delivering",
        others.c.next_attempt_at > now,
    )
    return ~sa.exists().where(*sends)


def _begin(
    session: Session,
    job_id: str,
    until: datetime,
    *which: sa.ColumnElement[bool],
    waiting: bool = True,
) -> Delivery | None:
    due = [clock.now() >= _DUE] if waiting else [_DUE.is_not(None)]
    begun: dict[str, Any] = {"state": "delivering", "next_attempt_at": until, "taken_by": job_id}
    taken = sa.update(_D).where(*which, *due).values(takes=_D.c.takes + 1, **begun)
    found = session.connection().execute(taken.returning(_D.c.id)).scalar()
    return session.get(Delivery, found, populate_existing=True) if found else None
