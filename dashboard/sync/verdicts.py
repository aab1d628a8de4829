"""How a turn ends: what each failure means for the run, the connection and the schedule."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.connections.reach import effective
from dashboard.connections.schedule import next_due
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unsupported,
)
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Jobs, backoff
from dashboard.store import due
from dashboard.store import sync as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.due import Work
from dashboard.store.sync import SyncRun
from dashboard.sync.machine import LIVE, Event, move
from dashboard.sync.turn import Stop, Task

MOST_TRIES = 6
FINAL = (Rejected, PermissionMissing, Unsupported)
FINISHED = {
    Event.FINISHED: "ok",
    Event.FINISHED_PARTLY: "failed",
    Event.FAILED: "failed",
    Event.CANCELLED: "ok",
}


def covered(session: Session, asked: Mapping[str, Any]) -> bool:
    """Whether what a webhook asked for was read since, or will be without asking again."""
    if not asked.get("since"):
        return False
    moment, names = datetime.fromisoformat(asked["since"]), asked.get("only", [])
    place = asked["connection_id"]
    return bool(names) and all(table.covered_since(session, place, n, moment) for n in names)


def is_waited_for(run: SyncRun) -> bool:
    """True in the first turn of a run that a person or a webhook has asked for."""
    return run.attempts == 1 and run.reason not in ("schedule", "resync")


class Verdicts:
    """Writes the ends of turns and queues what goes on."""

    def __init__(self, store: Store, jobs: Jobs, opener: Opener, audit: Audit) -> None:
        self._store, self._jobs, self._opener, self._audit = store, jobs, opener, audit

    def enqueue(
        self,
        session: Session,
        run: SyncRun,
        *,
        delay: timedelta = timedelta(0),
        priority: int = 10,
        tries: int = 0,
    ) -> None:
        """Queue the next turn. It is numbered, so that any older job of the run does nothing."""
        run.attempts += 1
        run.retry_at = clock.now() + delay if delay else None
        args = {"run_id": run.id, "turn": run.attempts, "tries": tries}
        once = f"sync:{run.id}:{run.attempts}"
        self._jobs.enqueue_in(
            session,
            "sync.run",
            args,
            key=run.connection_id,
            group=session.get_one(Connection, run.connection_id).provider,
            delay=delay,
            priority=priority,
            once=once,
        )

    def stopped(self, task: Task, stop: Stop) -> None:
        """A turn came to its end without a failure of the connection."""
        with self._store.transaction() as session:
            run = table.lock_run(session, task.run_id)
            if run is None or run.state not in LIVE:
                return
            connection = session.get_one(Connection, task.connection_id)
            if stop is Stop.SPENT:
                self.enqueue(session, run, priority=20 if run.reason == "schedule" else 10)
            elif stop is Stop.CANCELLED:
                self.finish(session, run, connection, Event.CANCELLED)
            else:
                self.finish(session, run, connection, _outcome(run))

    def failed(self, task: Task, error: ProviderError, *, tries: int) -> None:
        """The whole connection failed: wait for a person, for the vendor, or give up."""
        self._opener.apply(task.connection_id, error, version=task.version)
        with self._store.transaction() as session:
            run = table.lock_run(session, task.run_id)
            if run is None or run.state not in LIVE:
                return
            run.error_code, run.error_reason = error.code, error.reason
            connection = session.get_one(Connection, task.connection_id)
            self._decide(session, run, connection, error, tries)

    def _decide(
        self,
        session: Session,
        run: SyncRun,
        connection: Connection,
        error: ProviderError,
        tries: int,
    ) -> None:
        if isinstance(error, RateLimited):
            run.state = move(run.state, Event.PUT_OFF)
            pause = timedelta(seconds=max(error.retry_after, 1.0))
            self.enqueue(session, run, delay=pause, tries=tries)
        elif isinstance(error, AuthExpired):
            run.state = move(run.state, Event.PUT_OFF)
            due.schedule(session, Work.READING, connection.id, None)
        elif isinstance(error, FINAL) or tries + 1 >= MOST_TRIES:
            self.finish(session, run, connection, Event.FAILED)
        else:
            run.state = move(run.state, Event.PUT_OFF)
            asked = timedelta(seconds=getattr(error, "retry_after", 0.0))
            pause = max(backoff.pause(tries + 1), asked)
            self.enqueue(session, run, delay=pause, tries=tries + 1)

    def not_now(self, session: Session, run: SyncRun, connection: Connection) -> None:
        """A job found its run cancelled, or its connection without a login."""
        if run.cancel_asked or connection.state != "needs_reauth":
            self.finish(session, run, connection, Event.CANCELLED)
        elif run.state == "running":
            run.state = move(run.state, Event.PUT_OFF)
            run.error_code = AuthExpired.word()

    def finish(self, session: Session, run: SyncRun, connection: Connection, event: Event) -> None:
        """End the run, set the next one, write it down."""
        now = clock.now()
        run.state = move(run.state, event)
        run.finished_at, run.retry_at = now, None
        if event in (Event.FINISHED, Event.FINISHED_PARTLY):
            table.synced(session, connection.id, now)
        going_on = connection.state in table.CONNECTED and not connection.paused
        manifest = registry.manifest(connection.provider)
        at = next_due(manifest, effective(manifest, connection)) if going_on else None
        due.schedule(session, Work.READING, connection.id, at)
        if run.reason != "schedule" or event is not Event.FINISHED or run.new or run.changed:
            self._write(session, run, connection, FINISHED[event])

    def _write(self, session: Session, run: SyncRun, connection: Connection, outcome: str) -> None:
        counts = {"new": run.new, "changed": run.changed, "deleted": run.deleted}
        self._audit.write(
            session,
            SYSTEM,
            "sync.finished",
            outcome=outcome,
            agent_id=connection.agent_id,
            connection_id=connection.id,
            provider=connection.provider,
            detail={"run": run.id, "state": str(run.state), "reason": run.reason, **counts},
        )


def _outcome(run: SyncRun) -> Event:
    ends = {told["state"] for told in run.streams.values()}
    if ends and ends <= {"failed"}:
        return Event.FAILED
    return Event.FINISHED_PARTLY if ends - {"done"} or run.refused else Event.FINISHED
