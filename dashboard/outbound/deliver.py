"""Looks after a receiver: sends what is due to it, one delivery after another."""

import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from dashboard import registry
from dashboard.connections.open import Opener
from dashboard.connections.reach import effective
from dashboard.jobs import Again, Job
from dashboard.outbound.ending import Endings
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.send import attempt
from dashboard.store import deliveries, receivers
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import CONNECTED, Delivery, DeliveryAttempt

# Longer than any try may take: after that its process is taken for lost.
LEASE = timedelta(seconds=60)
TURN_SECONDS = 10.0
# Receivers that fail or are slow never hold more of a process's threads than these.
STRAINED_AT_ONCE = 8


@dataclass(frozen=True)
class Terms:
    """How a receiver is served this time.

    Args:
        ordered: The first in the line or nothing.
        alone: One try at a time.
        narrow: In one of the few threads for those that fail or are slow.
    """

    ordered: bool
    alone: bool
    narrow: bool


class Deliverer:
    """Sends what is due and has it written down how it went."""

    def __init__(self, store: Store, lanes: Lanes, opener: Opener, endings: Endings) -> None:
        self._store, self._lanes, self._opener, self._endings = store, lanes, opener, endings
        self._narrow = threading.BoundedSemaphore(STRAINED_AT_ONCE)

    def deliver(self, job: Job) -> None:
        """Job `outbound.deliver` {connection_id}: send what is due, for a few seconds."""
        connection_id = self._receiver_of(job)
        terms = self._terms(connection_id, job.id)
        if terms is not None and terms.narrow:
            self._serve_narrowly(connection_id, job.id, terms)
        elif terms is not None:
            self._serve(connection_id, job.id, terms)

    def deliver_now(self, delivery_id: str) -> DeliveryAttempt | None:
        """Try once while somebody waits for the answer, and not again."""
        with self._store.transaction() as session:
            taken = deliveries.take(session, delivery_id, LEASE)
        return self._endings.end(taken, attempt(self._opener, taken)) if taken else None

    def _serve_narrowly(self, connection_id: str, job_id: str, terms: Terms) -> None:
        if not self._narrow.acquire(blocking=False):
            raise Again(timedelta(seconds=random.uniform(1, 3)))  # noqa: S311 - no secret
        try:
            self._serve(connection_id, job_id, terms)
        finally:
            self._narrow.release()

    def _serve(self, connection_id: str, job_id: str, terms: Terms) -> None:
        end = time.monotonic() + TURN_SECONDS
        while (taken := self._take(connection_id, job_id, terms)) is not None:
            tried = attempt(self._opener, taken)
            self._endings.end(taken, tried)
            if tried.uncounted:
                return
            if time.monotonic() > end or (tried.strains and not terms.narrow):
                with self._store.transaction() as session:
                    self._lanes.wake(session, connection_id, taken.position)
                return

    def _receiver_of(self, job: Job) -> str:
        """Jobs of the version before named a delivery."""
        if "connection_id" in job.args:
            return str(job.args["connection_id"])
        with self._store.transaction() as session:
            delivery = session.get(Delivery, str(job.args["delivery_id"]))
        return delivery.connection_id if delivery else ""

    def _terms(self, connection_id: str, job_id: str) -> Terms | None:
        with self._store.transaction() as session:
            connection = _listening(session, connection_id)
            if connection is None:
                return None
            deliveries.give_back(session, connection_id, job_id)
            manifest = registry.manifest(connection.provider)
            field = manifest.deliveries.order_field if manifest.deliveries else ""
            ordered = bool(field and effective(manifest, connection).get(field))
            known = receivers.get(session, connection_id)
            return Terms(ordered, known.strained, receivers.is_narrow(known))

    def _take(self, connection_id: str, job_id: str, terms: Terms) -> Delivery | None:
        with self._store.transaction() as session:
            if _listening(session, connection_id) is None:
                return None
            if terms.ordered:
                return deliveries.take_first(session, connection_id, job_id, LEASE)
            return deliveries.take_due(session, connection_id, job_id, LEASE, alone=terms.alone)


def _listening(session: Session, connection_id: str) -> Connection | None:
    """The connection, when deliveries may be sent to it now."""
    connection = session.get(Connection, connection_id)
    listens = connection and connection.state in CONNECTED and not connection.paused
    return connection if listens else None
