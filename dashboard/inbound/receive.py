"""The webhook door's walk: believed, durable, only then answered."""

import asyncio
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.errors import BadSignature
from dashboard.contracts.events import Answer, Request
from dashboard.contracts.people import Actor
from dashboard.inbound.by_hand import ByHand
from dashboard.inbound.commit import GroupCommit
from dashboard.inbound.hints import Hints
from dashboard.inbound.process import Processor
from dashboard.inbound.reading import Malformed, read
from dashboard.inbound.refusals import Refusals
from dashboard.inbound.trust import Hook, Hooks
from dashboard.jobs import Job, Jobs
from dashboard.settings import Settings
from dashboard.store import events as table
from dashboard.store import retention
from dashboard.store.base import Store
from dashboard.store.events import Arrival, Event
from dashboard.vault.vault import Vault

OVERDUE = timedelta(seconds=10)
# A body as large as this is read in a thread of its own, while other calls go on.
LARGE_BODY = 64 * 1024
# Credentials replaced a moment ago are looked up again, but not for every forged call.
STALE_SECONDS = 0.05
# The rows are what repeats are known by. Vendors repeat by themselves for a week at most, and some
# let their users send an event again for thirty days.
KEEP_ENDED = timedelta(days=35)

UNKNOWN_HOOK = Answer(status=404, body=b"unknown webhook address")
GONE = Answer(status=410, body=b"disconnected")
TOO_LARGE = Answer(status=413, body=b"body too large")
NOT_BELIEVED = Answer(status=401, body=b"signature not accepted")
NOT_READABLE = Answer(status=400, body=b"body not readable")
NOT_STORED = Answer(status=503, body=b"not stored, send it again")
# Without a body it leaves in one packet.
ACCEPTED = Answer(status=200)


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
        self._store, self._jobs = store, jobs
        self.largest_body = settings.max_body_bytes
        self._processor = Processor(store, jobs, opener, audit)
        self.by_hand = ByHand(store, audit, self._queue)
        self.hints = Hints(self._enqueue)
        self.refusals = Refusals(store, audit)
        self._hooks = Hooks(store, vault)
        self._commit = GroupCommit(store, self.hints.add)

    def register(self) -> None:
        """Take the jobs and ticks of this room."""
        self._jobs.register("inbound.process", self.process)
        self._jobs.register("inbound.refetch", self._processor.refetch)
        self._jobs.every("inbound.sweep", 5.0, self.sweep)
        self._jobs.every("inbound.purge", 600.0, self.purge)

    def close(self) -> None:
        """Make durable what was taken, then stop."""
        self._commit.close()
        self.hints.close()
        self.refusals.flush()

    async def receive(self, token: str, request: Request) -> Answer:
        """Answer one call; 200 means that its events are on disk, or were before."""
        if len(request.body) > self.largest_body:
            return TOO_LARGE
        hook = await self.hook(token)
        return hook if isinstance(hook, Answer) else await self.take(hook, request)

    async def hook(self, token: str) -> Hook | Answer:
        """Whose address this is, or why nothing is taken there; asked before a body is read."""
        hook = self._hooks.known(token) or await asyncio.to_thread(self._hooks.find, token)
        if hook is None:
            return UNKNOWN_HOOK
        return GONE if hook.state == "disconnected" else hook

    async def take(self, hook: Hook, request: Request) -> Answer:
        """Answer a call to this ear; 200 means that its events are on disk, or were before."""
        try:
            events = await self._believed(hook, request)
        except BadSignature as forged:
            self.refusals.note(hook, forged.detail)
            return NOT_BELIEVED
        except Malformed:
            return NOT_READABLE
        if isinstance(events, Answer):
            return events
        if events:
            try:
                await self._commit.save(events)
            except SQLAlchemyError:
                return NOT_STORED
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

    def purge(self) -> None:
        """Delete events that ended long ago; what is still to be processed stays."""
        before = clock.now() - KEEP_ENDED
        retention.purge(self._store, partial(retention.delete_ended_events, before))

    def _queue(self, connections: set[str]) -> None:
        for connection_id in connections:
            self._enqueue(connection_id)

    def _enqueue(self, connection_id: str, once: str = "") -> None:
        with self._store.transaction() as session:
            self._processor.queue(session, connection_id, once=once)

    async def _believed(self, hook: Hook, request: Request) -> list[Arrival] | Answer:
        try:
            return await _read(hook, request)
        except BadSignature:
            fresh = None
            if hook.age_seconds > STALE_SECONDS:
                fresh = await asyncio.to_thread(self._hooks.read, hook.address)
            if fresh is None or fresh.trust == hook.trust:
                raise
        return await _read(fresh, request)


async def _read(hook: Hook, request: Request) -> list[Arrival] | Answer:
    if len(request.body) < LARGE_BODY:
        return _events(hook, request)
    return await asyncio.to_thread(_events, hook, request)


def _events(hook: Hook, request: Request) -> list[Arrival] | Answer:
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
