"""What people and clients do with a sandbox: call it, cause faults, act in the vendor's world."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.jobs import Again, Job, Jobs
from dashboard.jobs.backoff import pause
from dashboard.kit.post import post
from dashboard.kit.sandbox import Call, Emitted, Gesture, taken
from dashboard.sandbox.shelf import StoreShelf, box
from dashboard.settings import Settings
from dashboard.store import connections
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection

log = logging.getLogger(__name__)

DELIVER = "sandbox.deliver"
ATTEMPTS = 8


@dataclass(frozen=True)
class Offer:
    """A gesture with the choices the world has now: {field: {value: label}}."""

    gesture: Gesture
    choices: Mapping[str, Mapping[str, str]]


class Sandboxes:
    """All sandboxes of this installation.

    Args:
        post: Carries a webhook to the desk's own door and returns the status; over real HTTP
            unless a test gives another.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        settings: Settings,
        audit: Audit,
        post: Callable[[Emitted], int] | None = None,
    ) -> None:
        self._store, self._jobs, self._settings, self._audit = store, jobs, settings, audit
        self._post = post or _over_http
        jobs.register(DELIVER, self.deliver)

    def base(self, provider: str, tenant: str) -> str:
        """The public address of a world."""
        return f"{self._settings.public_url}/sandbox/{provider}/{tenant}"

    def hosts(self, provider: str, tenant: str, names: Mapping[str, str]) -> dict[str, str]:
        """The origins of the manifest's hosts inside a world."""
        return {name: f"{self.base(provider, tenant)}/{name}" for name in names}

    def transport(
        self, provider: str, tenant: str, hosts: Mapping[str, str]
    ) -> httpx.BaseTransport:
        """An httpx transport that answers from a world, without a network."""
        return box(provider).transport(
            self._answering(provider),
            tenant,
            hosts,
            base=self.base(provider, tenant),
        )

    def serve(self, provider: str, tenant: str, call: Call) -> httpx.Response:
        """Answer a call that came over HTTP.

        Raises:
            KeyError: There is no such provider or tenant.
        """
        response, _ = box(provider).serve(self._answering(provider), tenant, call)
        return response

    def credentials(self, provider: str, tenant: str, method: str) -> dict[str, str]:
        """Credentials that work now in this world."""
        shelf = StoreShelf(self._store, provider)
        return shelf.change(tenant, lambda state: dict(box(provider).credentials(state, method)))

    def faults(self, provider: str) -> tuple[str, ...]:
        """Faults this provider's sandbox can act out."""
        return box(provider).faults()

    def fault(self, actor: Actor, connection_id: str, name: str) -> None:
        """Act out a fault; in the journal together with it.

        Raises:
            Refusal: `people.forbidden`, `connections.not_found`, `sandbox.only_sandbox`,
                `sandbox.unknown_fault`.
        """
        row = self._world_of(actor, connection_id)
        if name not in self.faults(row.provider):
            raise Refusal("sandbox.unknown_fault", 404, values={"name": name})

        def noted(session: Session, _result: object) -> None:
            self._audit.note(session, actor, row, "sandbox.fault", detail={"name": name})

        shelf = StoreShelf(self._store, row.provider, noted)
        shelf.change(row.tenant, lambda state: box(row.provider).fault(state, name))

    def gestures(self, provider: str, tenant: str) -> list[Offer]:
        """What can be done in the vendor's world now."""
        made = box(provider).gestures.values()
        shelf = StoreShelf(self._store, provider)
        return shelf.change(tenant, lambda state: [Offer(g, g.choices(state)) for g in made])

    def play(
        self, actor: Actor, connection_id: str, gesture: str, values: Mapping[str, Any]
    ) -> int:
        """Do something in the vendor's world; how many webhooks it sent.

        Raises:
            Refusal: As `fault`, and `sandbox.unknown_gesture`.
        """
        row = self._world_of(actor, connection_id)
        found = box(row.provider).gestures.get(gesture)
        if found is None:
            raise Refusal("sandbox.unknown_gesture", 404, values={"name": gesture})

        def work(state: dict[str, Any]) -> list[Emitted]:
            found.run(state, values, self.base(row.provider, row.tenant))
            return taken(state)

        def noted(session: Session, emitted: list[Emitted]) -> None:
            self._send(session, emitted)
            self._audit.note(session, actor, row, "sandbox.gesture", detail={"name": gesture})

        return len(StoreShelf(self._store, row.provider, noted).change(row.tenant, work))

    def _world_of(self, actor: Actor, connection_id: str) -> Connection:
        with self._store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        require(actor, Role.OPERATOR, row.agent_id)
        if not row.tenant:
            raise Refusal("sandbox.only_sandbox", 409)
        return row

    def deliver(self, job: Job) -> None:
        """Post a webhook to the desk's door, up to eight times until it is taken.

        Raises:
            Again: The door did not answer 2xx.
        """
        delivery = Emitted.unpacked(job.args)
        if not delivery.url.startswith(f"{self._settings.public_url}/"):
            # A sandbox calls nobody but the desk itself. The address may hold a token: not logged.
            log.warning("sandbox webhook dropped, not for this desk id=%s", job.id)
            return
        status = self._post(delivery)
        if 200 <= status < 300:
            return
        if job.attempt >= ATTEMPTS:
            log.warning("sandbox webhook given up id=%s status=%d", job.id, status)
            return
        raise Again(after=pause(job.attempt))

    def _answering(self, provider: str) -> StoreShelf:
        """Worlds that keep what an answer changed together with the webhooks it caused."""
        return StoreShelf(
            self._store, provider, lambda session, served: self._send(session, served[1])
        )

    def _send(self, session: Session, emitted: list[Emitted]) -> None:
        for delivery in emitted:
            self._jobs.enqueue_in(session, DELIVER, delivery.packed(), priority=1)


def _over_http(delivery: Emitted) -> int:
    sent = post(
        delivery.url,
        delivery.body,
        delivery.headers,
        method=delivery.method,
        timeout_seconds=10,
    )
    return sent.status
