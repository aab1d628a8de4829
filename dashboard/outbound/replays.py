"""Sends finished deliveries once more: one, or all of a time."""

from collections.abc import Collection
from datetime import datetime

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.outbound import access
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.machine import Event, move
from dashboard.store import deliveries, receivers
from dashboard.store.base import Store
from dashboard.store.deliveries import FINISHED, Choice
from dashboard.store.events import OPEN_DELIVERIES, Delivery


class Replays:
    """Puts finished deliveries back in their receivers' lines, under the same ids.

    Each keeps its place, so that a receiver that wants order gets old ones before new ones, and
    begins its whole schedule anew.
    """

    def __init__(self, store: Store, lanes: Lanes, audit: Audit) -> None:
        self._store, self._lanes, self._audit = store, lanes, audit

    def resend(self, actor: Actor, delivery_id: str) -> Delivery:
        """Send a finished delivery once more.

        Raises:
            Refusal: `outbound.unknown_delivery`, `outbound.under_way`, `outbound.paused`.
        """
        with self._store.transaction() as session:
            delivery = deliveries.lock(session, delivery_id)
            if delivery is None:
                raise Refusal("outbound.unknown_delivery", 404)
            connection = access.listener(session, actor, delivery.connection_id)
            if delivery.state in OPEN_DELIVERIES:
                raise Refusal("outbound.under_way", 409)
            delivery.state = move(delivery.state, Event.RESENT)
            delivery.attempts, delivery.error_code = 0, ""
            delivery.next_attempt_at, delivery.delivered_at = clock.now(), None
            session.add(delivery)
            session.flush()
            self._lanes.wake(session, connection.id, delivery.position)
            self._audit.note(session, actor, connection, "delivery.resent", detail={"count": 1})
            return delivery

    def count(self, actor: Actor, choice: Choice) -> int:
        """How many a replay would send now; nothing is changed.

        Raises:
            Refusal: As `replay`.
        """
        with self._store.transaction() as session:
            access.receiver(session, actor, choice.connection_id)
            return deliveries.count_chosen(session, choice)

    def replay(self, actor: Actor, choice: Choice) -> int:
        """Send all of them once more; how many. All of them or none are put back.

        The same wish again finds nothing: what waits is not finished, and what has arrived since
        is left out.

        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.not_connected`, `outbound.paused`.
        """
        with self._store.transaction() as session:
            connection = access.listener(session, actor, choice.connection_id)
            receivers.hold(session, connection.id)
            count = deliveries.replay(session, choice)
            if count:
                self._lanes.wake_all(session, connection.id)
            told = {"since": choice.since.isoformat(), "until": choice.until.isoformat()}
            states = sorted(choice.states)
            self._audit.note(
                session,
                actor,
                connection,
                "delivery.replayed",
                detail={"count": count, "states": states, **told},
            )
            return count


def choice(
    connection_id: str,
    since: datetime,
    until: datetime | None = None,
    states: Collection[str] = ("dead",),
) -> Choice:
    """Which deliveries a replay is to send, checked.

    Args:
        until: Now when left out; needed for those already delivered.
    Raises:
        Refusal: `outbound.not_finished` for another state than delivered and dead,
            `outbound.until_needed` (422).
    """
    if not states or set(states) - set(FINISHED):
        raise Refusal("outbound.not_finished", 422, field="states")
    now = clock.now()
    if "delivered" in states and (until is None or until > now):
        # Without an end that stands, the same call again would deliver everything again.
        raise Refusal("outbound.until_needed", 422, field="until")
    end = min(until or now, now)
    return Choice(connection_id=connection_id, since=since, until=end, states=tuple(states))
