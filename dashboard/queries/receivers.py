"""Receivers of the desk's own events: how they stand, and what they did not take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import registry
from dashboard.connections.reach import effective
from dashboard.store import reads_receivers, receivers
from dashboard.store.base import Store
from dashboard.store.connections import Connection


@dataclass(frozen=True, kw_only=True)
class ReceiverRow:
    """How a receiver stands.

    Args:
        ordered: Deliveries keep their order.
        signed: Deliveries are signed, so there is a secret to replace.
        paused: Nothing is sent; `error_code` says why when the desk itself switched it off.
        failing_since: Its first failure since the last success, empty while it works.
        waiting: Deliveries on their way; the first of them is due at `next_attempt_at`.
        dead: Deliveries that were given up and are still kept.
    """

    connection_id: str
    ordered: bool
    signed: bool
    paused: bool
    error_code: str
    failing_since: datetime | None
    waiting: int
    next_attempt_at: datetime | None
    dead: int


@dataclass(frozen=True, kw_only=True)
class DeadReason:
    """Why deliveries of a connection were given up, and how many of them."""

    connection_id: str
    error_code: str
    count: int
    newest_at: datetime


class Receivers:
    """Questions about receivers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def standing(self, connection_id: str) -> ReceiverRow | None:
        """One receiver; None for a connection that takes no deliveries."""
        with self._store.transaction() as session:
            row = session.get(Connection, connection_id)
            said = registry.manifest(row.provider).deliveries if row else None
            if row is None or said is None:
                return None
            known = receivers.get(session, connection_id)
            waiting, due = reads_receivers.waiting(session, connection_id)
            dead = reads_receivers.reasons(session, [connection_id], None)
        settings = effective(registry.manifest(row.provider), row)
        return ReceiverRow(
            connection_id=row.id,
            ordered=bool(said.order_field and settings.get(said.order_field)),
            signed=bool(said.secret_field),
            paused=row.paused,
            error_code=row.error_code,
            failing_since=known.failing_since,
            waiting=waiting,
            next_attempt_at=due,
            dead=sum(count for _, _, count, _ in dead),
        )

    def dead_reasons(
        self, connection_ids: Sequence[str], since: datetime | None = None
    ) -> list[DeadReason]:
        """Why deliveries were given up, the most frequent reason first."""
        with self._store.transaction() as session:
            rows = reads_receivers.reasons(session, connection_ids, since)
        return [
            DeadReason(connection_id=which, error_code=code, count=count, newest_at=newest)
            for which, code, count, newest in rows
        ]
