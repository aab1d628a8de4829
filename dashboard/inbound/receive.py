"""The webhook door's walk: believed, durable, only then answered."""

import asyncio
from datetime import datetime, timedelta

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.errors import BadSignature
from dashboard.contracts.events import Answer, Request
from dashboard.contracts.people import SYSTEM, Actor
from dashboard.inbound.by_hand import ByHand
from dashboard.inbound.commit import GroupCommit
from dashboard.inbound.process import Processor
from dashboard.inbound.reading import Malformed, read
from dashboard.inbound.trust import Hook, find_hook
from dashboard.jobs import Job, Jobs
from dashboard.settings import Settings
from dashboard.store import events as table
from dashboard.store.base import Store
from dashboard.store.events import Event
from dashboard.vault.vault import Vault

AUDIT_AGAIN = timedelta(minutes=1)
OVERDUE = timedelta(seconds=10)

UNKNOWN_HOOK = Answer(status=404, body=b"unknown webhook address")
GONE = Answer(status=410, body=b"disconnected")
TOO_LARGE = Answer(status=413, body=b"body too large")
NOT_BELIEVED = Answer(status=401, body=b"signature not accepted")
NOT_READABLE = Answer(status=400, body=b"body not readable")
ACCEPTED = Answer(status=200, body=b"ok")


class Inbound:
    """Takes webhooks and has them processed.

    Call `register()` once at start, in every process that works; `close()` at its end.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        opener: Opener,
        vault: Vault,
        audit: Audit,
        settings: Settings,
    ) -> None:
        self._store, self._jobs, self._vault, self._audit = store, jobs, vault, audit
        self._largest = settings.max_body_bytes
        self._processor = Processor(store, jobs, opener, audit)
        self.by_hand = ByHand(store, audit, self._queue)
        self._commit = GroupCommit(store, self._queue)
        self._audited: dict[str, datetime] = {}

    def register(self) -> None:
        """Take the jobs and ticks of this room."""
        self._jobs.register("inbound.process", self.process)
        self._jobs.register("inbound.refetch", self._processor.refetch)
        self._jobs.every("inbound.sweep", 5.0, self.sweep)

    def close(self) -> None:
        """Make durable what was taken, then stop."""
        self._commit.close()

    async def receive(self, token: str, request: Request) -> Answer:
        """Answer one call; 200 means that its events are on disk, or were before."""
        if len(request.body) > self._largest:
            return TOO_LARGE
        hook = await asyncio.to_thread(find_hook, self._store, self._vault, token)
        if hook is None or not registry.has_part(hook.provider, "webhooks"):
            return UNKNOWN_HOOK
        return GONE if hook.state == "disconnected" else await self._taken(hook, request)

    async def _taken(self, hook: Hook, request: Request) -> Answer:
        try:
            events = _believed(hook, request)
        except BadSignature as forged:
            await asyncio.to_thread(self._refuse, hook, forged)
            return NOT_BELIEVED
        except Malformed:
            return NOT_READABLE
        if isinstance(events, Answer):
            return events
        if events:
            await self._commit.save(events)
        return ACCEPTED

    def replay(self, actor: Actor, event_id: str) -> Event:
        """As `by_hand.replay`."""
        return self.by_hand.replay(actor, event_id)

    def process(self, job: Job) -> None:
        """Job `inbound.process` {connection_id}: everything that waits, in the order it came."""
        self._processor.process(str(job.args["connection_id"]))

    def sweep(self) -> None:
        """Queue connections whose events wait without a job."""
        now = clock.now()
        with self._store.transaction() as session:
            found = table.connections_with_events(session, now - OVERDUE)
        minute = int(now.timestamp() // 60)
        for connection_id in found:
            self._enqueue(connection_id, once=f"inbound:{connection_id}:{minute}")

    def _queue(self, connections: set[str]) -> None:
        for connection_id in connections:
            self._enqueue(connection_id)

    def _enqueue(self, connection_id: str, once: str = "") -> None:
        args, key = {"connection_id": connection_id}, f"inbound:{connection_id}"
        self._jobs.enqueue("inbound.process", args, key=key, priority=5, once=once)

    def _refuse(self, hook: Hook, forged: BadSignature) -> None:
        """Count every forged call, but write at most one a minute into the journal."""
        now, last = clock.now(), self._audited.get(hook.connection_id)
        with self._store.transaction() as session:
            table.count_refused_signature(session, hook.connection_id)
            if last is not None and now - last < AUDIT_AGAIN:
                return
            self._audited[hook.connection_id] = now
            self._audit.write(
                session,
                SYSTEM,
                "webhook.refused",
                outcome="refused",
                agent_id=hook.agent_id,
                connection_id=hook.connection_id,
                provider=hook.provider,
                detail={"why": forged.detail},
            )


def _believed(hook: Hook, request: Request) -> list[Event] | Answer:
    """The events of a call the vendor made, or the answer to its handshake.

    Raises:
        BadSignature: It was not the vendor.
        Malformed: It was, but sent something of no form at all.
    """
    webhooks = registry.part(hook.provider, "webhooks")
    if hasattr(webhooks, "handshake"):
        answer: Answer | None = webhooks.handshake(request, hook.trust)
        if answer is not None:
            return answer
    webhooks.verify(request, hook.trust)
    return read(hook, request)
