"""Writes down how a try ended, and what follows for the delivery and for its receiver."""

from datetime import timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.people import SYSTEM
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.machine import Event, State, move
from dashboard.outbound.schedule import pause_after, spread
from dashboard.outbound.tries import GONE, SLOW_MS, Try
from dashboard.store import deliveries, receivers
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, DeliveryAttempt

TEST = "webhook.test"
# A receiver that took nothing for so long is switched off. Longer than the whole schedule of one
# delivery, so that one event nobody wanted does not do it.
FAILING_FOR = timedelta(days=5)
# The longest pause of the schedule, with its jitter and the length of a weekend day: a receiver
# that was not called for longer has not been failing meanwhile.
REST = timedelta(hours=48)


class Endings:
    """Moves deliveries on; the only place that does."""

    def __init__(self, store: Store, lanes: Lanes, audit: Audit) -> None:
        self._store, self._lanes, self._audit = store, lanes, audit

    def end(self, taken: Delivery, tried: Try) -> DeliveryAttempt:
        """Write down a try; one whose lease ran out speaks for nobody and is left out."""
        attempt = DeliveryAttempt(
            delivery_id=taken.id,
            status=tried.status,
            duration_ms=tried.duration_ms,
            answer=tried.answer,
            error=tried.code,
        )
        with self._store.transaction() as session:
            delivery = deliveries.lock(session, taken.id)
            if delivery is None or _is_stale(delivery, taken):
                return attempt
            if tried.uncounted and not _is_test(delivery):
                self._put_off(session, delivery, spread(tried.retry_after))
                return attempt
            session.add(attempt)
            delivery.attempts += 1
            delivery.last_status, delivery.error_code = tried.status, tried.code
            # The receiver first: how it is served next depends on it.
            self._judge_receiver(session, delivery, tried)
            self._move_on(session, delivery, tried)
        return attempt

    def _move_on(self, session: Session, delivery: Delivery, tried: Try) -> None:
        if not tried.code:
            delivery.state = move(delivery.state, Event.ACCEPTED)
            delivery.next_attempt_at, delivery.delivered_at = None, clock.now()
            return
        pause = pause_after(delivery.attempts, tried.retry_after)
        last = tried.hopeless or tried.status == GONE or _is_test(delivery)
        if pause is not None and not last:
            self._put_off(session, delivery, pause)
            return
        delivery.state, delivery.next_attempt_at = move(delivery.state, Event.GIVEN_UP), None
        if not _is_test(delivery):
            self._write(session, delivery, "delivery.dead")

    def _put_off(self, session: Session, delivery: Delivery, pause: timedelta) -> None:
        delivery.state = move(delivery.state, Event.PUT_OFF)
        delivery.next_attempt_at = clock.now() + pause
        self._lanes.wake(session, delivery.connection_id, delivery.position, pause)

    def _judge_receiver(self, session: Session, delivery: Delivery, tried: Try) -> None:
        receiver = delivery.connection_id
        if not tried.code:
            receivers.answered(session, receiver, slow=tried.duration_ms > SLOW_MS)
            return
        since = receivers.failed(session, receiver, clock.now() - REST)
        if tried.status == GONE:
            receivers.disable(session, receiver, "outbound.gone", "HTTP 410")
            self._write(session, delivery, "delivery.receiver_gone")
        elif clock.now() - since >= FAILING_FOR:
            receivers.disable(session, receiver, "outbound.failing", tried.code)
            self._write(session, delivery, "delivery.receiver_failing")

    def _write(self, session: Session, delivery: Delivery, action: str) -> None:
        connection = session.get_one(Connection, delivery.connection_id)
        self._audit.write(
            session,
            SYSTEM,
            action,
            outcome="failed",
            agent_id=connection.agent_id,
            connection_id=connection.id,
            provider=connection.provider,
            detail={
                "delivery": delivery.id,
                "event": delivery.event_type,
                "code": delivery.error_code,
            },
        )


def _is_stale(delivery: Delivery, taken: Delivery) -> bool:
    return delivery.state != State.DELIVERING or delivery.takes != taken.takes


def _is_test(delivery: Delivery) -> bool:
    return delivery.event_type == TEST
