"""Reads of events that came in and deliveries that went out."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, DeliveryAttempt, Event


def events(
    session: Session, connection_ids: Sequence[str], *, state: str, offset: int, limit: int
) -> tuple[list[Event], int]:
    """Inbound events newest first, and how many match; an empty state means all."""
    found: list[sa.ColumnElement[bool]] = [col(Event.connection_id).in_(connection_ids)]
    if state:
        found.append(col(Event.state) == state)
    total = session.exec(select(sa.func.count()).select_from(Event).where(*found)).one()
    asked = select(Event).where(*found).order_by(col(Event.id).desc())
    return list(session.exec(asked.offset(offset).limit(limit)).all()), total


def event(session: Session, event_id: str) -> Event | None:
    """One event with its payload."""
    return session.get(Event, event_id)


def deliveries(
    session: Session, connection_ids: Sequence[str], *, state: str, offset: int, limit: int
) -> tuple[list[Delivery], int]:
    """Outbound deliveries newest first, and how many match; an empty state means all."""
    found: list[sa.ColumnElement[bool]] = [col(Delivery.connection_id).in_(connection_ids)]
    if state:
        found.append(col(Delivery.state) == state)
    total = session.exec(select(sa.func.count()).select_from(Delivery).where(*found)).one()
    asked = select(Delivery).where(*found).order_by(col(Delivery.id).desc())
    return list(session.exec(asked.offset(offset).limit(limit)).all()), total


def delivery(session: Session, delivery_id: str) -> Delivery | None:
    """One delivery with its body."""
    return session.get(Delivery, delivery_id)


def attempts(session: Session, delivery_id: str) -> list[DeliveryAttempt]:
    """The tries at a delivery, oldest first."""
    asked = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id)
    return list(session.exec(asked.order_by(col(DeliveryAttempt.at))).all())


def counts(session: Session, connection_ids: Sequence[str]) -> dict[str, int]:
    """How many events and deliveries wait or are dead: `event.dead`, `delivery.pending`..."""
    found: dict[str, int] = {}
    for kind, table in (("event", Event), ("delivery", Delivery)):
        asked = (
            select(table.state, sa.func.count())
            .where(col(table.connection_id).in_(connection_ids))
            .group_by(col(table.state))
        )
        found |= {f"{kind}.{state}": count for state, count in session.exec(asked).all()}
    return found


def connections(session: Session, agent_id: str) -> list[Connection]:
    """The agent's connections, disconnected ones too: their events are kept."""
    asked = select(Connection).where(Connection.agent_id == agent_id)
    return list(session.exec(asked.order_by(col(Connection.id).desc())).all())
