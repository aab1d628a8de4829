"""Events that came in and deliveries that go out."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from dashboard import clock
from dashboard.kit.storable import packed
from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column
from dashboard.store.connections import Connection

OPEN = sa.text("processed_at IS NULL")


class Event(Table, table=True):
    """An inbound event. `state`: received | processing | held | done | dead | dropped.

    Args:
        vendor_id: The vendor's id of the event; unique per connection.
        work: Packed records and refetches, what processing needs.
        processed_at: When it came to an end; None exactly as long as it is still to be processed.
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "vendor_id"),
        sa.Index(
            "event_open",
            "connection_id",
            "received_at",
            "id",
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        sa.Index("event_by_state", "connection_id", "state", "received_at", "id"),
    )
    id: str = Column(default_factory=lambda: new_id("evt"), primary_key=True)
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE")
    vendor_id: str
    name: str
    vendor_name: str
    state: str = "received"
    payload: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    work: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    attempts: int = 0
    error_code: str = ""
    error_reason: str = ""
    occurred_at: datetime | None = Column(default=None, sa_type=Moment)
    received_at: datetime = now_column()
    processed_at: datetime | None = Column(default=None, sa_type=Moment)


class Delivery(Table, table=True):
    """An event of ours on its way to a receiver. `state`: pending | delivering | delivered | dead.

    `id` is the `webhook-id`, the same in all attempts; `body` are the exact bytes that are signed.

    Args:
        position: The place in the receiver's line; lines grow in the order they are committed.
        next_attempt_at: When to try next; while delivering, when the try counts as lost. Empty
            for those that are finished, and for them only.
        taken_by: The job whose try this is.
        takes: Counts the tries begun, so that a late one cannot speak for a newer one.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "source"),
        sa.Index("delivery_waiting", "state", "next_attempt_at"),
        sa.Index(
            "delivery_due",
            "connection_id",
            "next_attempt_at",
            sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
            postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
        ),
        sa.Index(
            "delivery_line",
            "connection_id",
            "position",
            sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
            postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
        ),
        sa.Index("delivery_past", "connection_id", "state", "created_at"),
    )
    id: str = Column(default_factory=lambda: new_id("msg"), primary_key=True)
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE")
    source: str
    event_type: str
    body: bytes
    state: str = "pending"
    attempts: int = 0
    last_status: int = 0
    error_code: str = ""
    created_at: datetime = now_column()
    next_attempt_at: datetime | None = Column(default_factory=clock.now, sa_type=Moment)
    delivered_at: datetime | None = Column(default=None, sa_type=Moment)
    position: int = Column(default=0, sa_type=sa.BigInteger)
    taken_by: str = ""
    takes: int = 0


class DeliveryAttempt(Table, table=True):
    """One try at a delivery; `answer` is the first kilobyte of what the receiver said."""

    __tablename__ = "delivery_attempt"
    id: str = Column(default_factory=lambda: new_id("att"), primary_key=True)
    delivery_id: str = Column(foreign_key="delivery.id", ondelete="CASCADE", index=True)
    at: datetime = now_column()
    status: int = 0
    duration_ms: int = 0
    answer: str = ""
    error: str = ""


_EVENTS: sa.Table = Event.__table__  # type: ignore[attr-defined]
_DELIVERIES: sa.Table = Delivery.__table__  # type: ignore[attr-defined]
_CONNECTIONS: sa.Table = Connection.__table__  # type: ignore[attr-defined]
CONNECTED = ("active", "degraded")
OPEN_EVENTS = ("received", "processing", "held")
OPEN_DELIVERIES = ("pending", "delivering")


# --- inbound ----------------------------------------------------------------------------------


def connection_by_hook(session: Session, hook_hash: str) -> Connection | None:
    """Whose webhook URL this is; a disconnected connection is found too."""
    found = select(Connection).where(_CONNECTIONS.c.hook_hash == hook_hash)
    return session.exec(found).first()


def count_refused_signatures(session: Session, connection_id: str, calls: int) -> None:
    """So many more calls were not the vendor's."""
    this = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == connection_id)
    more = {"refused_signatures": _CONNECTIONS.c.refused_signatures + calls}
    session.connection().execute(this.values(more))


@dataclass(slots=True, kw_only=True)
class Arrival:
    """An event on its way into the table; a mapped row would cost more than all the rest."""

    connection_id: str
    vendor_id: str
    name: str
    vendor_name: str
    payload: dict[str, Any]
    work: dict[str, Any]
    occurred_at: datetime | None
    received_at: datetime | None = None
    id: str = ""


def insert_events(session: Session, arrivals: Sequence[Arrival]) -> set[str]:
    """Store what is new; the connections that got something new."""
    if not arrivals:
        return set()
    connection = session.connection()
    insert = _insert(connection.dialect)
    stored = connection.exec_driver_sql(insert.text, [insert.row(one) for one in arrivals])
    if stored.rowcount == len(arrivals):
        return {arrival.connection_id for arrival in arrivals}
    # Some were there before, or the driver does not count.
    ids = [arrival.id for arrival in arrivals]
    mine = sa.select(_EVENTS.c.connection_id).where(_EVENTS.c.id.in_(ids))
    return set(connection.execute(mine).scalars())


@dataclass(frozen=True)
class _Insert:
    """The insert as the driver takes it: written once, since each webhook goes through it.

    `order` names the parameters where they go by position.
    """

    text: str
    order: tuple[str, ...] | None
    moment: Callable[[datetime], Any]

    def row(self, arrival: Arrival) -> Any:
        values = {
            "id": arrival.id,
            "connection_id": arrival.connection_id,
            "vendor_id": arrival.vendor_id,
            "name": arrival.name,
            "vendor_name": arrival.vendor_name,
            "state": "received",
            "payload": packed(arrival.payload),
            "work": packed(arrival.work),
            "attempts": 0,
            "error_code": "",
            "error_reason": "",
            "occurred_at": arrival.occurred_at and self.moment(arrival.occurred_at),
            "received_at": arrival.received_at and self.moment(arrival.received_at),
        }
        return values if self.order is None else tuple(map(values.__getitem__, self.order))


_FILLED = [column.name for column in _EVENTS.c if column.name != "processed_at"]


def _insert(dialect: sa.Dialect) -> _Insert:
    if dialect.name not in _inserts:
        kind = sqlite if dialect.name == "sqlite" else postgresql
        insert = kind.insert(_EVENTS).on_conflict_do_nothing(
            index_elements=["connection_id", "vendor_id"]
        )
        written: Any = insert.compile(dialect=dialect, column_keys=_FILLED)
        order = tuple(written.positiontup) if written.positional else None
        moment = Moment().dialect_impl(dialect).bind_processor(dialect) or _as_it_is
        _inserts[dialect.name] = _Insert(str(written), order, moment)
    return _inserts[dialect.name]


_inserts: dict[str, _Insert] = {}


def _as_it_is(moment: datetime) -> datetime:
    return moment


def heard_of(session: Session, connections: Collection[str], at: datetime) -> None:
    """Note when something new came last."""
    these = sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id.in_(connections))
    session.connection().execute(these.values(last_event_at=at))


def open_events(session: Session, connection_id: str, limit: int) -> Sequence[Event]:
    """A connection's oldest events that are not done, in the order they are processed."""
    found = (
        select(Event)
        .where(
            _EVENTS.c.connection_id == connection_id,
            _EVENTS.c.processed_at.is_(None),
            _EVENTS.c.state.in_(OPEN_EVENTS),
        )
        .order_by(_EVENTS.c.received_at, _EVENTS.c.id)
        .limit(limit)
        .with_for_update()
    )
    return session.exec(found).all()


def lock_events(session: Session, ids: Sequence[str]) -> list[Event]:
    """Those of the events that are still there, in the order asked for.

    Every other writer of them waits until this transaction ends.
    """
    these = _EVENTS.c.id.in_(ids)
    same = sa.update(_EVENTS).where(these).values(attempts=_EVENTS.c.attempts)
    session.connection().execute(same)
    found = select(Event).where(these).execution_options(populate_existing=True)
    by_id = {event.id: event for event in session.exec(found)}
    return [by_id[one] for one in ids if one in by_id]


def lock_event(session: Session, event_id: str) -> Event | None:
    """As `lock_events`, of one."""
    return next(iter(lock_events(session, [event_id])), None)


def dead_events(
    session: Session, connection_id: str, since: datetime | None, limit: int
) -> Sequence[Event]:
    """A connection's events that were given up, received since a moment, the oldest first."""
    dead = [_EVENTS.c.connection_id == connection_id, _EVENTS.c.state == "dead"]
    if since is not None:
        dead.append(_EVENTS.c.received_at >= since)
    found = (
        select(Event)
        .where(*dead)
        .order_by(_EVENTS.c.received_at, _EVENTS.c.id)
        .limit(limit)
        .with_for_update()
    )
    return session.exec(found).all()


def connections_with_events(session: Session, before: datetime, limit: int = 500) -> list[str]:
    """Connections that can work and have events from before a moment still to be processed."""
    found = (
        sa.select(_EVENTS.c.connection_id)
        .join(_CONNECTIONS, _CONNECTIONS.c.id == _EVENTS.c.connection_id)
        .where(
            _EVENTS.c.processed_at.is_(None),
            _EVENTS.c.state.in_(OPEN_EVENTS),
            _EVENTS.c.received_at < before,
            _CONNECTIONS.c.state.in_(CONNECTED),
            sa.not_(_CONNECTIONS.c.hold_events),
        )
        .distinct()
    )
    return list(session.execute(found.limit(limit)).scalars())
