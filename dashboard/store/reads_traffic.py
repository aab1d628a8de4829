"""Reads of events that came in and deliveries that went out.

A condition on several connections and states at once would make a database sort all that fits.
So they are read line by line, a line being what is in one state of one connection: an index has
each in order of time, and nothing is read behind the page or behind the bound of a count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.counting import COUNTED, Count, counted
from dashboard.store.events import OPEN_DELIVERIES, OPEN_EVENTS, Delivery, DeliveryAttempt, Event

Row = TypeVar("Row", Event, Delivery)
# SQLite takes no more than 500 selects in one.
TOGETHER = 400
_STATES: Mapping[type[Any], Sequence[str]] = {
    Event: (*OPEN_EVENTS, "done", "dead", "dropped"),
    Delivery: (*OPEN_DELIVERIES, "delivered", "dead"),
}
_MOMENTS: Mapping[type[Any], Any] = {
    Event: col(Event.received_at),
    Delivery: col(Delivery.created_at),
}
_COUNTS: Mapping[str, tuple[type[Event] | type[Delivery], Sequence[str]]] = {
    "events_done": (Event, ("done",)),
    "events_waiting": (Event, ("received", "processing")),
    "events_dead": (Event, ("dead",)),
    "deliveries_done": (Delivery, ("delivered",)),
    "deliveries_waiting": (Delivery, OPEN_DELIVERIES),
    "deliveries_dead": (Delivery, ("dead",)),
}


@dataclass(frozen=True)
class _Line:
    """What is in one state of one connection, as moments, the newest first."""

    state: str
    moments: sa.Select[Any]


def events(
    session: Session, connection_ids: Sequence[str], *, state: str, offset: int, limit: int
) -> tuple[list[Event], Count]:
    """Inbound events newest first, and how many match; an empty state means all."""
    lines = _lines(session, Event, connection_ids, state)
    return _newest(session, Event, lines, offset, limit), _count(session, lines)


def event(session: Session, event_id: str) -> Event | None:
    """One event with its payload."""
    return session.get(Event, event_id)


def deliveries(
    session: Session, connection_ids: Sequence[str], *, state: str, offset: int, limit: int
) -> tuple[list[Delivery], Count]:
    """Outbound deliveries newest first, and how many match; an empty state means all."""
    lines = _lines(session, Delivery, connection_ids, state)
    return _newest(session, Delivery, lines, offset, limit), _count(session, lines)


def delivery(session: Session, delivery_id: str) -> Delivery | None:
    """One delivery with its body."""
    return session.get(Delivery, delivery_id)


def attempts(session: Session, delivery_id: str) -> list[DeliveryAttempt]:
    """The tries at a delivery, oldest first."""
    asked = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id)
    return list(session.exec(asked.order_by(col(DeliveryAttempt.at))).all())


def counts(session: Session, connection_ids: Sequence[str]) -> dict[str, Count]:
    """How many events and deliveries are done, wait or are dead: `events_done`..."""
    lines = {
        Event: _lines(session, Event, connection_ids),
        Delivery: _lines(session, Delivery, connection_ids),
    }
    return {
        name: _count(session, [line for line in lines[table] if line.state in states])
        for name, (table, states) in _COUNTS.items()
    }


def connections(session: Session, agent_id: str) -> list[Connection]:
    """The agent's connections, disconnected ones too: their events are kept."""
    asked = select(Connection).where(Connection.agent_id == agent_id)
    return list(session.exec(asked.order_by(col(Connection.id).desc())).all())


def _lines(
    session: Session, table: type[Row], connection_ids: Sequence[str], state: str = ""
) -> list[_Line]:
    """The lines of these connections that have anything in them; an empty state means all."""
    states = (state,) if state else _STATES[table]
    mine = col(Connection.id)
    newest = [_moments(table, mine, one).limit(1).scalar_subquery() for one in states]
    asked = sa.select(mine, *newest).where(mine.in_(connection_ids))
    return [
        _Line(one, _moments(table, row[0], one))
        for row in session.connection().execute(asked)
        for one, moment in zip(states, row[1:], strict=True)
        if moment is not None
    ]


def _moments(table: type[Row], connection_id: Any, state: str) -> sa.Select[Any]:
    line = (col(table.connection_id) == connection_id, col(table.state) == state)
    moment = _MOMENTS[table]
    return sa.select(moment.label("moment")).where(*line).order_by(moment.desc())


def _newest(
    session: Session, table: type[Row], lines: Sequence[_Line], offset: int, limit: int
) -> list[Row]:
    """Rows of all lines together, the newest first."""
    if not lines:
        return []
    row_id = col(table.id)
    keys = [line.moments.add_columns(row_id.label("id")).order_by(row_id.desc()) for line in lines]
    sorted_keys = _together(keys, offset + limit).order_by(sa.desc("moment"), sa.desc("id"))
    found = session.connection().execute(sorted_keys.offset(offset).limit(limit))
    rows = select(table).where(row_id.in_([key.id for key in found]))
    return list(session.exec(rows.order_by(_MOMENTS[table].desc(), row_id.desc())).all())


def _count(session: Session, lines: Sequence[_Line]) -> Count:
    if not lines:
        return Count(0)
    some = _together([line.moments for line in lines], COUNTED + 1)
    return counted(session, sa.select(some.subquery()), COUNTED)


def _together(lines: Sequence[sa.Select[Any]], most: int) -> sa.CompoundSelect[Any]:
    """The first of each line, in any order."""
    parts = [sa.select(line.limit(most).subquery()) for line in lines]
    while len(parts) > TOGETHER:
        some = [parts[first : first + TOGETHER] for first in range(0, len(parts), TOGETHER)]
        parts = [sa.select(sa.union_all(*part).subquery()) for part in some]
    return sa.union_all(*parts)
