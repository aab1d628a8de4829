"""Queues to receivers: a few lanes each, so that a slow one keeps neither itself nor others."""

import zlib
from datetime import timedelta

from dashboard.jobs import Jobs
from dashboard.store.base import Session
from dashboard.store.events import Delivery

LANES = 8


class Lanes:
    """Enqueues the tries of deliveries."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def enqueue(
        self, session: Session, delivery: Delivery, delay: timedelta = timedelta(0)
    ) -> None:
        """Queue the next try. It is numbered, so that any older job of the delivery is void."""
        # Every delivery keeps to one lane, so two tries of it never run at the same time.
        lane = zlib.crc32(delivery.id.encode()) % LANES
        self._jobs.enqueue_in(
            session,
            "outbound.deliver",
            {"delivery_id": delivery.id, "attempt": delivery.attempts},
            key=f"outbound:{delivery.connection_id}:{lane}",
            delay=delay,
        )
