"""Webhooks in both directions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.queries.listed import Listed, listed
from dashboard.queries.overview import Link, link
from dashboard.store import held, reads_traffic
from dashboard.store.base import Store
from dashboard.store.counting import Count
from dashboard.store.events import CONNECTED, Delivery, DeliveryAttempt, Event


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
class Touch:
    """What an event will do to one record. `how`: save | delete | read (again at the vendor).

    `external_id` is empty where a whole stream is read; `title` where the event does not tell it.
    """

    how: str
    stream: str
    external_id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class HeldEvent:
    """An event that waits, and what its release will do."""

    event: EventRow
    touches: tuple[Touch, ...]


@dataclass(frozen=True, kw_only=True)
class HeldRow:
    """How many events of a connection wait.

    Args:
        waits_for: login | set_up | person: what must happen next.
        by_hand: A person wants to release them, also after the login.
    """

    connection_id: str
    count: int
    oldest_at: datetime
    newest_at: datetime
    waits_for: str
    by_hand: bool


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

    def counts(self, connection_ids: Sequence[str]) -> dict[str, Count]:
        """How many events and deliveries are done, wait or are dead; counting ends at a bound.

        Returns:
            By `events_done`, `events_waiting`, `events_dead`, `deliveries_done`...
        """
        with self._store.transaction() as session:
            return reads_traffic.counts(session, connection_ids)

    def events(
        self, connection_ids: Sequence[str], *, state: str = "", page: int = 1, size: int = 25
    ) -> Listed[EventRow]:
        """Inbound events newest first; pages count from 1."""
        with self._store.transaction() as session:
            rows, total = reads_traffic.events(
                session, connection_ids, state=state, offset=(page - 1) * size, limit=size + 1
            )
        return listed([_event(row) for row in rows], total, page=page, size=size)

    def held(self, connection_ids: Sequence[str]) -> list[HeldRow]:
        """Connections of these whose events wait, the longest-waiting first."""
        with self._store.transaction() as session:
            return [_standing(one) for one in held.standings(session, connection_ids)]

    def held_events(
        self, connection_id: str, *, after: tuple[datetime, str] | None = None, size: int = 25
    ) -> list[HeldEvent]:
        """What waits of a connection, in the order it will be processed.

        Args:
            after: `received_at` and id of the last event already seen.
        """
        with self._store.transaction() as session:
            rows = held.waiting_events(session, connection_id, after, size)
        return [HeldEvent(event=_event(row), touches=_touches(row.work)) for row in rows]

    def deliveries(
        self, connection_ids: Sequence[str], *, state: str = "", page: int = 1, size: int = 25
    ) -> Listed[DeliveryRow]:
        """Outbound deliveries newest first; pages count from 1."""
        with self._store.transaction() as session:
            rows, total = reads_traffic.deliveries(
                session, connection_ids, state=state, offset=(page - 1) * size, limit=size + 1
            )
        return listed([_delivery(row, []) for row in rows], total, page=page, size=size)

    def delivery(self, delivery_id: str) -> DeliveryRow | None:
        """One delivery with every try."""
        with self._store.transaction() as session:
            row = reads_traffic.delivery(session, delivery_id)
            tries = reads_traffic.attempts(session, delivery_id)
        return _delivery(row, tries) if row else None


def _event(row: Event) -> EventRow:
    return EventRow(**{name: getattr(row, name) for name in EventRow.__dataclass_fields__})


def _standing(row: held.Standing) -> HeldRow:
    waits_for = "login" if row.state == "needs_reauth" else "set_up"
    return HeldRow(
        connection_id=row.connection_id,
        count=row.count,
        oldest_at=row.oldest_at,
        newest_at=row.newest_at,
        waits_for="person" if row.state in CONNECTED else waits_for,
        by_hand=row.by_hand,
    )


def _touches(work: Mapping[str, Any]) -> tuple[Touch, ...]:
    saved = [
        Touch(how="save", stream=stream, external_id=record["external_id"], title=record["title"])
        for stream, record in work.get("records", ())
    ]
    named = [
        Touch(how="delete" if gone else "read", stream=stream, external_id=external_id, title="")
        for stream, external_id, gone in work.get("refetch", ())
    ]
    return (*saved, *named)


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
