"""Stand-ins that make walks deterministic: jobs driven by hand, keys and network given outright."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from dashboard import clock, registry
from dashboard.connections.reach import effective
from dashboard.jobs import Again, Job
from dashboard.jobs.limits import Share
from dashboard.kit.access import Access, hosts
from dashboard.store.base import Session
from dashboard.store.connections import Connection


@dataclass
class Waiting:
    """A job that was enqueued and is not done."""

    kind: str
    args: dict[str, Any]
    key: str
    due: datetime
    number: int
    priority: int
    group: str = ""
    attempt: int = 1


@dataclass
class HandJobs:
    """The interface of Jobs, run by `drain()`: due jobs one by one, in the order they are due.

    One job at a time, so a key is honoured by itself; `once` is remembered for ever; a job in a
    transaction that rolls back was never enqueued. Time is the frozen clock's: a test moves it.
    """

    handlers: dict[str, Callable[[Job], None]] = field(default_factory=dict)
    ticks: dict[str, Callable[[], None]] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    count: int = 0
    stopping: bool = False
    executor: str = ""

    def is_well(self) -> bool:
        return True

    def register(self, kind: str, handler: Callable[[Job], None]) -> None:
        self.handlers[kind] = handler

    def every(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        assert seconds > 0
        self.ticks[name] = work

    def enqueue(
        self,
        kind: str,
        args: dict[str, Any],
        *,
        key: str = "",
        group: str = "",
        delay: timedelta = timedelta(0),
        priority: int = 10,
        once: str = "",
    ) -> None:
        if once and once in self.seen:
            return
        self.seen.add(once)
        self.count += 1
        packed = json.loads(json.dumps(args))
        due = clock.now() + delay
        self.waiting.append(Waiting(kind, packed, key, due, self.count, priority, group))

    def enqueue_in(self, session: Session, kind: str, args: dict[str, Any], **options: Any) -> None:
        before, remembered = list(self.waiting), set(self.seen)

        def undo(_session: Any, _previous: Any = None) -> None:
            self.waiting, self.seen = before, remembered

        from sqlalchemy import event

        event.listen(session, "after_rollback", undo, once=True)
        self.enqueue(kind, args, **options)

    def drain(self, most: int = 1000) -> list[str]:
        """Run what is due, and what that makes due; the kinds that ran."""
        ran: list[str] = []
        while (job := self._next()) is not None:
            assert len(ran) < most, f"jobs never end: {ran[-5:]}"
            ran.append(job.kind)
            self.run(job)
        return ran

    def run(self, job: Waiting) -> None:
        """Run one job now."""
        if job in self.waiting:
            self.waiting.remove(job)
        try:
            self.handlers[job.kind](Job(job.kind, job.args, job.attempt, str(job.number)))
            self.done.append(job.kind)
        except Again as again:
            job.attempt, job.due = job.attempt + 1, clock.now() + again.after
            self.waiting.append(job)

    def of(self, kind: str) -> list[Waiting]:
        """What waits of a kind."""
        return [job for job in self.waiting if job.kind == kind]

    def drop(self, kind: str) -> None:
        """Lose the jobs of a kind, as a crash between commit and enqueue would."""
        self.waiting = [job for job in self.waiting if job.kind != kind]

    def _next(self) -> Waiting | None:
        due = [job for job in self.waiting if job.due <= clock.now() and job.kind in self.handlers]
        return min(due, key=lambda job: (job.due, job.number), default=None)


@dataclass
class GivenTokens:
    """Credentials that are always fresh; those of other providers than Pulse under `of`."""

    credentials: dict[str, str] = field(default_factory=lambda: {"api_key": "sandbox-key-0001"})
    of: dict[str, dict[str, str]] = field(default_factory=dict)

    def fresh(self, connection: Connection) -> dict[str, str]:
        return dict(self.of.get(connection.provider, self.credentials))


@dataclass
class GivenReach:
    """Reaches every connection through one transport, but for the providers under `of`."""

    transport: httpx.BaseTransport
    hosts: Mapping[str, str] = field(default_factory=dict)
    of: dict[str, httpx.BaseTransport] = field(default_factory=dict)
    before_call: Callable[[], None] = lambda: None

    def access(
        self,
        connection: Connection,
        credentials: Mapping[str, str],
        share: Share = Share.INTERACTIVE,
    ) -> Access:
        del share  # these vendors have no limits
        manifest = registry.manifest(connection.provider)
        return Access(
            credentials=credentials,
            settings=effective(manifest, connection),
            hosts=self.hosts or hosts(manifest, credentials, {}),
            account_id=connection.account_id,
            before_call=self.before_call,
            transport=self.of.get(connection.provider, self.transport),
        )
