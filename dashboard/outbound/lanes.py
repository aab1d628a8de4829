"""Queues to receivers: a few lanes each, one for those not known, a slow one for bad ones."""

from datetime import timedelta

from dashboard.jobs import Jobs
from dashboard.store import receivers
from dashboard.store.base import Session
from dashboard.store.connections import Connection

LANES = 4
USUAL, STRAINED = 10, 20


class Lanes:
    """Has somebody look after a receiver's deliveries.

    A job names the receiver only; which delivery is due the table says. So a job too many costs
    a look, and a job lost costs the time until the next sweep.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def wake(
        self,
        session: Session,
        connection_id: str,
        place: int = 0,
        delay: timedelta = timedelta(0),
    ) -> None:
        """Look after a receiver, now or in a while.

        Args:
            place: Spreads deliveries over the lanes.
        """
        known = receivers.get(session, connection_id)
        self._jobs.enqueue_in(
            session,
            "outbound.deliver",
            {"connection_id": connection_id},
            key=f"outbound:{connection_id}:{0 if known.strained else place % LANES}",
            group=session.get_one(Connection, connection_id).provider,
            delay=delay,
            priority=STRAINED if receivers.is_narrow(known) else USUAL,
        )

    def wake_all(self, session: Session, connection_id: str) -> None:
        """Look after it in all its lanes."""
        for place in range(LANES):
            self.wake(session, connection_id, place)
