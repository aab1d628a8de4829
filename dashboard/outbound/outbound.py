"""The room's door: what other rooms and people ask of deliveries."""

from datetime import timedelta
from functools import partial

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.jobs import Job, Jobs
from dashboard.outbound import access
from dashboard.outbound.deliver import Deliverer
from dashboard.outbound.ending import TEST, Endings
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.publish import Publisher, body_of
from dashboard.outbound.replays import Replays
from dashboard.outbound.signing import Signing
from dashboard.store import deliveries, receivers, retention
from dashboard.store.base import Store, new_id
from dashboard.store.events import Delivery, DeliveryAttempt
from dashboard.vault.vault import Vault

OVERDUE = timedelta(seconds=30)
# How long finished deliveries are kept, by state: with them go their payloads and answers.
KEPT = {"delivered": timedelta(days=30), "dead": timedelta(days=90)}


class Outbound:
    """Publishes what happened and brings it to the receivers.

    Call `register()` once at start, in every process that works.

    Attributes:
        replays: Sends finished deliveries again.
        signing: Replaces signing secrets.
    """

    def __init__(
        self, store: Store, jobs: Jobs, opener: Opener, vault: Vault, audit: Audit
    ) -> None:
        self._store, self._jobs, self._audit = store, jobs, audit
        self._lanes = Lanes(jobs)
        self._publisher = Publisher(store, self._lanes)
        endings = Endings(store, self._lanes, audit)
        self._deliverer = Deliverer(store, self._lanes, opener, endings)
        self.replays = Replays(store, self._lanes, audit)
        self.signing = Signing(store, vault, audit)

    def register(self) -> None:
        """Take the jobs and ticks of this room."""
        self._jobs.register("outbound.publish", self.publish)
        self._jobs.register("outbound.deliver", self.deliver)
        self._jobs.every("outbound.sweep", 15.0, self.sweep)
        self._jobs.every("outbound.purge", 900.0, self.purge)

    def publish(self, job: Job) -> None:
        """Job `outbound.publish`: see Publisher.publish."""
        self._publisher.publish(job)

    def deliver(self, job: Job) -> None:
        """Job `outbound.deliver`: see Deliverer.deliver."""
        self._deliverer.deliver(job)

    def resend(self, actor: Actor, delivery_id: str) -> Delivery:
        """Send a finished delivery once more: see Replays.resend."""
        return self.replays.resend(actor, delivery_id)

    def send_test(self, actor: Actor, connection_id: str) -> DeliveryAttempt:
        """Send a signed test event now; what the receiver answered. It is not retried.

        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.not_connected`, `outbound.paused`.
        """
        now = clock.now()
        test = Delivery(
            connection_id=connection_id,
            source=new_id("test"),
            event_type=TEST,
            body=body_of(TEST, now, {"message": "Test"}),
            # Nobody else takes it up while this process is about to.
            next_attempt_at=now + OVERDUE,
        )
        with self._store.transaction() as session:
            connection = access.listener(session, actor, connection_id)
            test.position = receivers.reserve(session, connection_id, 1)
            session.add(test)
            self._audit.note(session, actor, connection, "delivery.tested", detail={"count": 1})
        tried = self._deliverer.deliver_now(test.id)
        if tried is None:
            raise Refusal("outbound.under_way", 409)
        return tried

    def enable(self, actor: Actor, connection_id: str) -> int:
        """Use a receiver again that was paused or switched off; how many deliveries go out now.

        What waited is due at once. What was given up meanwhile is sent by a replay.

        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.not_connected`.
        """
        with self._store.transaction() as session:
            connection = access.receiver(session, actor, connection_id)
            connection.paused = False
            connection.error_code, connection.error_reason, connection.error_at = "", "", None
            session.add(connection)
            receivers.begin_anew(session, connection_id)
            waiting = deliveries.release(session, connection_id)
            self._lanes.wake_all(session, connection_id)
            self._audit.note(
                session,
                actor,
                connection,
                "delivery.receiver_enabled",
                detail={"count": waiting},
            )
            return waiting

    def sweep(self) -> None:
        """Look after receivers whose job was lost or that were resumed; give up what none takes."""
        with self._store.transaction() as session:
            deliveries.abandon(session, "outbound.not_connected")
            for connection_id in deliveries.overdue_receivers(session, clock.now() - OVERDUE):
                self._lanes.wake(session, connection_id)

    def purge(self) -> None:
        """Delete deliveries that were finished long ago."""
        before = {state: clock.now() - kept for state, kept in KEPT.items()}
        retention.purge(self._store, partial(deliveries.purge, before))
