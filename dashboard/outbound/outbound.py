"""The room's door: what other rooms and people ask of deliveries."""

import base64
import json
import secrets
from datetime import datetime, timedelta

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.jobs import Job, Jobs
from dashboard.outbound.deliver import Deliverer
from dashboard.outbound.headers import rotated
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.machine import Event, move
from dashboard.outbound.publish import Publisher, body_of
from dashboard.store import events as table
from dashboard.store.base import Session, Store, new_id
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, DeliveryAttempt
from dashboard.vault.vault import Vault

OVERDUE = timedelta(seconds=30)
OVERLAP = timedelta(hours=24)
TEST = "webhook.test"


class Outbound:
    """Publishes what happened and brings it to the receivers.

    Call `register()` once at start, in every process that works.
    """

    def __init__(
        self, store: Store, jobs: Jobs, opener: Opener, vault: Vault, audit: Audit
    ) -> None:
        self._store, self._jobs, self._vault, self._audit = store, jobs, vault, audit
        self._lanes = Lanes(jobs)
        self._publisher = Publisher(store, self._lanes)
        self._deliverer = Deliverer(store, self._lanes, opener, audit)

    def register(self) -> None:
        """Take the jobs and ticks of this room."""
        self._jobs.register("outbound.publish", self.publish)
        self._jobs.register("outbound.deliver", self.deliver)
        self._jobs.every("outbound.sweep", 15.0, self.sweep)

    def publish(self, job: Job) -> None:
        """Job `outbound.publish`: see Publisher.publish."""
        self._publisher.publish(job)

    def deliver(self, job: Job) -> None:
        """Job `outbound.deliver`: see Deliverer.deliver."""
        self._deliverer.deliver(job)

    def resend(self, actor: Actor, delivery_id: str) -> Delivery:
        """Send a finished delivery once more, under the same id; the whole schedule applies.

        Raises:
            Refusal: `outbound.unknown_delivery`, `outbound.under_way`, `outbound.paused`.
        """
        with self._store.transaction() as session:
            delivery = table.lock_delivery(session, delivery_id)
            if delivery is None:
                raise Refusal("outbound.unknown_delivery", 404)
            self._receiver(session, actor, delivery.connection_id)
            if delivery.state in table.OPEN_DELIVERIES:
                raise Refusal("outbound.under_way", 409)
            self._resend(session, delivery)
            self._note(session, actor, delivery.connection_id, "delivery.resent", 1)
            return delivery

    def resend_dead(self, actor: Actor, connection_id: str, since: datetime) -> int:
        """Send once more all that was given up and made since a moment; how many there are.

        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.paused`.
        """
        with self._store.transaction() as session:
            self._receiver(session, actor, connection_id)
            dead = table.dead_deliveries(session, connection_id, since)
            for delivery_id in dead:
                delivery = table.lock_delivery(session, delivery_id)
                if delivery is not None and delivery.state == "dead":
                    self._resend(session, delivery)
            self._note(session, actor, connection_id, "delivery.resent", len(dead))
            return len(dead)

    def send_test(self, actor: Actor, connection_id: str) -> DeliveryAttempt:
        """Send a signed test event now; what the receiver answered. It is not retried.

        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.paused`.
        """
        now = clock.now()
        test = Delivery(
            connection_id=connection_id,
            source=new_id("test"),
            event_type=TEST,
            body=body_of(TEST, now, {"message": "Test"}),
        )
        with self._store.transaction() as session:
            self._receiver(session, actor, connection_id)
            # The lease keeps the sweep from taking it up as an ordinary delivery.
            test.next_attempt_at = now + OVERDUE
            session.add(test)
            self._note(session, actor, connection_id, "delivery.tested", 1)
        tried = self._deliverer.deliver_now(test.id)
        if tried is None:
            raise Refusal("outbound.paused", 409)
        return tried

    def rotate_secret(self, actor: Actor, connection_id: str) -> str:
        """Make a new signing secret and give it out, this once; the old one signs along for a day.

        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.unsigned`.
        """
        new = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        with self._store.transaction() as session:
            connection = self._receiver(session, actor, connection_id)
            said = registry.manifest(connection.provider).deliveries
            if said is None or not said.secret_field:
                raise Refusal("outbound.unsigned", 409)
            owner = f"connection:{connection_id}"
            kept = json.loads(self._vault.open(session, owner, "credentials") or "{}")
            changed = rotated(kept, said.secret_field, new, clock.now() + OVERLAP)
            self._vault.seal(session, owner, "credentials", json.dumps(changed))
            connection.version += 1
            self._note(session, actor, connection_id, "delivery.secret_rotated", 1)
        return new

    def sweep(self) -> None:
        """Queue deliveries whose job was lost, or whose receiver was resumed."""
        with self._store.transaction() as session:
            waiting = table.waiting_deliveries(session, clock.now() - OVERDUE)
            for found in waiting:
                delivery = table.lock_delivery(session, found.id)
                if delivery is not None and delivery.state in table.OPEN_DELIVERIES:
                    delivery.next_attempt_at = clock.now()
                    self._lanes.enqueue(session, delivery)

    def _resend(self, session: Session, delivery: Delivery) -> None:
        delivery.state = move(delivery.state, Event.RESENT)
        delivery.attempts, delivery.error_code = 0, ""
        delivery.next_attempt_at = clock.now()
        self._lanes.enqueue(session, delivery)

    def _receiver(self, session: Session, actor: Actor, connection_id: str) -> Connection:
        connection = session.get(Connection, connection_id)
        if connection is None:
            raise Refusal("outbound.not_a_receiver", 404)
        require(actor, Role.OPERATOR, connection.agent_id)
        if registry.manifest(connection.provider).deliveries is None:
            raise Refusal("outbound.not_a_receiver", 409)
        if connection.state not in table.CONNECTED:
            raise Refusal("outbound.not_connected", 409)
        if connection.paused:
            raise Refusal("outbound.paused", 409)
        return connection

    def _note(
        self, session: Session, actor: Actor, connection_id: str, action: str, count: int
    ) -> None:
        connection = session.get_one(Connection, connection_id)
        self._audit.write(
            session,
            actor,
            action,
            agent_id=connection.agent_id,
            connection_id=connection.id,
            provider=connection.provider,
            detail={"count": count},
        )
