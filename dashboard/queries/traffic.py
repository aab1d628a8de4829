"""Webhooks in both directions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.queries.overview import Link, link
from dashboard.store import reads_traffic
from dashboard.store.base import Store
from dashboard.store.events import Delivery, DeliveryAttempt, Event


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """An event that came in."""

    id: str
    connection_id: str
    vendor_id: str
    name: str
    vendor_name: str
    state: str
    payload: Mapping[str, Any]
    attempts: int
    error_code: str
    error_reason: str
    occurred_at: datetime | None
    received_at: datetime
    processed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """One try at a delivery."""

    at: datetime
    status: int
    duration_ms: int
    answer: str
    error: str


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """An event of ours on its way to a receiver."""

    id: str
    connection_id: str
    event_type: str
    state: str
    attempts: int
    last_status: int
    error_code: str
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    payload: Mapping[str, Any]
    tries: tuple[AttemptRow, ...] = ()


class Traffic:
    """Questions of the webhooks page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def connections(self, agent_id: str) -> list[Link]:
        """The agent's connections, disconnected ones too: their events are kept."""
        with self._store.transaction() as session:
            return [link(row) for row in reads_traffic.connections(session, agent_id)]

    def counts(self, connection_ids: Sequence[str]) -> dict[str, int]:
        """How many are in each state: `event.dead`, `delivery.pending`..."""
        with self._store.transaction() as session:
            return reads_traffic.counts(session, connection_ids)

    def events(
        self, connection_ids: Sequence[str], *, state: str = "", page: int = 1, size: int = 25
    ) -> tuple[list[EventRow], int]:
        """Inbound events newest first, and how many there are; pages count from 1."""
        with self._store.transaction() as session:
            rows, total = reads_traffic.events(
                session, connection_ids, state=state, offset=(page - 1) * size, limit=size
            )
        return [_event(row) for row in rows], total

    def deliveries(
        self, connection_ids: Sequence[str], *, state: str = "", page: int = 1, size: int = 25
    ) -> tuple[list[DeliveryRow], int]:
        """Outbound deliveries newest first, and how many there are; pages count from 1."""
        with self._store.transaction() as session:
            rows, total = reads_traffic.deliveries(
                session, connection_ids, state=state, offset=(page - 1) * size, limit=size
            )
        return [_delivery(row, []) for row in rows], total

    def delivery(self, delivery_id: str) -> DeliveryRow | None:
        """One delivery with every try."""
        with self._store.transaction() as session:
            row = reads_traffic.delivery(session, delivery_id)
            tries = reads_traffic.attempts(session, delivery_id)
        return _delivery(row, tries) if row else None


def _event(row: Event) -> EventRow:
    return EventRow(**{name: getattr(row, name) for name in EventRow.__dataclass_fields__})


def _delivery(row: Delivery, tries: Sequence[DeliveryAttempt]) -> DeliveryRow:
    names = [n for n in DeliveryRow.__dataclass_fields__ if n not in ("payload", "tries")]
    return DeliveryRow(
        **{name: getattr(row, name) for name in names},
        payload=_payload(row.body),
        tries=tuple(_attempt(one) for one in tries),
    )


def _attempt(row: DeliveryAttempt) -> AttemptRow:
    return AttemptRow(**{name: getattr(row, name) for name in AttemptRow.__dataclass_fields__})


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {"text": body.decode(errors="replace")}
    return read if isinstance(read, dict) else {"value": read}
