"""Events that came in and deliveries that go out."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column


class Event(Table, table=True):
    """An inbound event. `state`: received | processing | done | dead.

    Args:
        vendor_id: The vendor's id of the event; unique per connection.
        work: Packed records and refetches, what processing needs.
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "vendor_id"),
        sa.Index("event_waiting", "state", "received_at"),
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
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "source"),
        sa.Index("delivery_waiting", "state", "next_attempt_at"),
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
    next_attempt_at: datetime | None = Column(default=None, sa_type=Moment)
    delivered_at: datetime | None = Column(default=None, sa_type=Moment)


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
