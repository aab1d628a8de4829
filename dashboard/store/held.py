"""Events that wait for a login or for a person: kept in order, counted, released or dropped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard import clock
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.events import CONNECTED, OPEN_EVENTS, Event

_EVENTS: sa.Table = Event.__table__  # type: ignore[attr-defined]
_CONNECTIONS: sa.Table = Connection.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How much of one connection waits. `by_hand`: also after the login, until it is released."""

    connection_id: str
    count: int
    oldest_at: datetime
    newest_at: datetime
    by_hand: bool
    state: str


def is_stopped(connection: Connection) -> bool:
    """True while events of a connection are to wait."""
    return connection.hold_events or connection.state not in CONNECTED


def set_hold(session: Session, connection_id: str, *, on: bool) -> None:
    """Let events wait for a person, or no longer."""
    this = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == connection_id)
    session.connection().execute(this.values(hold_events=on))


def hold(session: Session, connection_id: str) -> int:
    """Put everything that waits to be processed aside; how many events that were."""
    return _move(session, connection_id, "received", state="held")


def release(session: Session, connection_id: str) -> int:
    """Let what was put aside be processed, in its old order; how many events that were."""
    return _move(session, connection_id, "held", state="received", attempts=0)


def drop(session: Session, connection_id: str, ids: Collection[str] = ()) -> list[str]:
    """Give up what was put aside, all of it or the named events; their ids."""
    these = _held(connection_id, "held")
    if ids:
        these = sa.and_(these, _EVENTS.c.id.in_(ids))
    given_up = sa.update(_EVENTS).where(these).values(state="dropped", processed_at=clock.now())
    return list(session.connection().execute(given_up.returning(_EVENTS.c.id)).scalars())


def standings(session: Session, connection_ids: Sequence[str]) -> list[Standing]:
    """Connections of these that have events waiting for a login or a person."""
    mine, received = _CONNECTIONS.c, _EVENTS.c.received_at
    asked = (
        sa.select(
            mine.id.label("connection_id"),
            sa.func.count().label("count"),
            sa.func.min(received).label("oldest_at"),
            sa.func.max(received).label("newest_at"),
            mine.hold_events.label("by_hand"),
            mine.state,
        )
        .join(_EVENTS, _EVENTS.c.connection_id == mine.id)
        .where(mine.id.in_(connection_ids), *_waiting(), mine.state != "disconnected")
        .where(sa.or_(mine.hold_events, mine.state.not_in(CONNECTED)))
        .group_by(mine.id, mine.hold_events, mine.state)
        .order_by(sa.func.min(received))
    )
    rows = session.connection().execute(asked).mappings()
    return [Standing(**{str(name): value for name, value in row.items()}) for row in rows]


def waiting_events(
    session: Session, connection_id: str, after: tuple[datetime, str] | None, limit: int
) -> list[Event]:
    """What waits of a connection, in the order it will be processed.

    Args:
        after: `received_at` and id of the last event already seen.
    """
    received = col(Event.received_at)
    asked = select(Event).where(_EVENTS.c.connection_id == connection_id, *_waiting())
    if after is not None:
        later = sa.and_(received == after[0], col(Event.id) > after[1])
        asked = asked.where(sa.or_(received > after[0], later))
    return list(session.exec(asked.order_by(received, col(Event.id)).limit(limit)))


def _move(session: Session, connection_id: str, before: str, **values: Any) -> int:
    moved = sa.update(_EVENTS).where(_held(connection_id, before)).values(**values)
    return int(session.connection().execute(moved).rowcount)


def _held(connection_id: str, state: str) -> sa.ColumnElement[bool]:
    columns = _EVENTS.c
    return sa.and_(
        columns.connection_id == connection_id,
        columns.state == state,
        columns.processed_at.is_(None),
    )


def _waiting() -> tuple[sa.ColumnElement[bool], ...]:
    return (_EVENTS.c.state.in_(OPEN_EVENTS), _EVENTS.c.processed_at.is_(None))
