"""Runs: asked for by people, the schedule and webhooks, read turn by turn, shown as they go."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.connections.reach import effective
from dashboard.contracts.errors import ProviderError, Refusal
from dashboard.contracts.manifest import Stream
from dashboard.contracts.people import SYSTEM, Actor, Role, require
from dashboard.jobs import Again, Job, Jobs
from dashboard.jobs.limits import Share
from dashboard.store import due, retention
from dashboard.store import sync as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.due import Work
from dashboard.store.sync import SyncRun
from dashboard.sync import streams, verdicts
from dashboard.sync.machine import LIVE, Event, move
from dashboard.sync.turn import PAGES_A_TURN, PAGES_AT_ONCE, Stop, Task, Turn

LEASE = timedelta(minutes=30)
STALLED_AFTER = timedelta(minutes=15)
BUSY = timedelta(seconds=15)
CLAIM = 200
KEEP_ENDED = timedelta(days=30)
PRIORITIES = {"schedule": 20, "webhook": 5, "button": 1, "api": 1, "first": 1, "resync": 10}


class Sync:
    """The only writer of runs.

    Call `register()` once at start, in every process that works.
    """

    def __init__(self, store: Store, jobs: Jobs, opener: Opener, audit: Audit) -> None:
        self._store, self._jobs, self._opener, self._audit = store, jobs, opener, audit
        self._verdicts = verdicts.Verdicts(store, jobs, opener, audit)

    def register(self) -> None:
        """Take the jobs and ticks of this room."""
        self._jobs.register("sync.run", self.run)
        self._jobs.register("sync.request", self.requested)
        self._jobs.every("sync.due", 1.0, self.due)
        self._jobs.every("sync.revive", 60.0, self.revive)
        self._jobs.every("sync.purge", 600.0, self.purge)

    # --- what people and other rooms ask --------------------------------------------------

    def request(
        self, actor: Actor, connection_id: str, reason: str, *, only: Sequence[str] = ()
    ) -> SyncRun:
        """Read the connection now; the live run when there is one.

        Args:
            reason: schedule | button | webhook | first | api | resync
            only: Names of streams; empty for all that are switched on.
        Raises:
            Refusal: `sync.not_connected`, `sync.unknown_stream`, `sync.nothing_to_read`.
        """
        with self._store.transaction() as session:
            connection = self._held(session, actor, connection_id)
            self._must_be_connected(connection)
            self._must_have(connection, only)
            self._note(session, actor, connection, "sync.requested", reason=reason)
            return self._queue(session, connection, reason, only)

    def pause(self, actor: Actor, connection_id: str) -> None:
        """Stop the schedule; a run that is under way goes on, webhooks are still taken."""
        self._set_paused(actor, connection_id, "sync.paused", paused=True)

    def resume(self, actor: Actor, connection_id: str) -> None:
        """Go on by the schedule, beginning now."""
        self._set_paused(actor, connection_id, "sync.resumed", paused=False)

    def cancel(self, actor: Actor, connection_id: str) -> SyncRun:
        """Ask the live run to stop; it does at its next page, and what it saved stays.

        Raises:
            Refusal: `sync.nothing_to_cancel`.
        """
        with self._store.transaction() as session:
            connection = self._held(session, actor, connection_id)
            run = table.live_run(session, connection_id)
            if run is None:
                raise Refusal("sync.nothing_to_cancel", 409)
            run.cancel_asked = True
            if run.state == "queued":
                self._verdicts.finish(session, run, connection, Event.CANCELLED)
            self._note(session, actor, connection, "sync.cancelled", run=run.id)
            return run

    def resync(self, actor: Actor, connection_id: str, *, only: Sequence[str] = ()) -> SyncRun:
        """Read everything anew; what is there stays until the new reading is complete.

        Raises:
            Refusal: As `request`; `sync.running` while a run is under way.
        """
        with self._store.transaction() as session:
            connection = self._held(session, actor, connection_id)
            self._must_be_connected(connection)
            self._must_have(connection, only)
            if table.live_run(session, connection_id):
                raise Refusal("sync.running", 409)
            chosen = self._streams(connection, only)
            for stream in chosen:
                table.begin_full_reading(session, connection_id, stream.name)
            self._note(session, actor, connection, "sync.resync", streams=len(chosen))
            return self._queue(session, connection, "resync", only)

    # --- ticks ----------------------------------------------------------------------------

    def due(self) -> None:
        """Queue what the schedule says; any number of processes may tick."""
        now = clock.now()
        with self._store.transaction() as session:
            if not due.anything(session, Work.READING, now):
                return
            for connection in due.claim(session, Work.READING, now, LEASE, CLAIM):
                if self._streams(connection, ()):
                    self._queue(session, connection, "schedule", ())
                else:
                    due.schedule(session, Work.READING, connection.id, None)

    def revive(self) -> None:
        """Queue again runs whose login is back, or of which nothing was heard for a while."""
        before = clock.now() - STALLED_AFTER
        with self._store.transaction() as session:
            stalled = [*table.runs_awaiting_login(session), *table.stalled_runs(session, before)]
            for run_id in dict.fromkeys(stalled):
                run = table.lock_run(session, run_id)
                if run is not None and run.state in LIVE:
                    self._verdicts.enqueue(session, run)

    def purge(self) -> None:
        """Delete runs of long ago; each connection's latest stays, however old."""
        before = clock.now() - KEEP_ENDED
        retention.purge(self._store, partial(retention.delete_ended_runs, before))

    # --- jobs -----------------------------------------------------------------------------

    def requested(self, job: Job) -> None:
        """Job `sync.request` {connection_id, reason, only?, since?}.

        Raises:
            Again: A run is under way that may already be past what `since` is about.
        """
        connection_id, only = str(job.args["connection_id"]), list(job.args.get("only", []))
        since = job.args.get("since")
        with self._store.transaction() as session:
            connection = table.lock_connection(session, connection_id)
            if connection is None or connection.state not in table.CONNECTED:
                return
            if not self._streams(connection, only) or verdicts.covered(session, job.args):
                return
            if since and table.live_run(session, connection_id):
                raise Again(BUSY)
            self._queue(session, connection, str(job.args["reason"]), only)

    def run(self, job: Job) -> None:
        """Job `sync.run` {run_id, turn, tries}: read as much as one job may.

        Raises:
            Again: Another process has taken the reading over; should it die, this one goes on.
        """
        task = self._start(job)
        if task is None:
            return
        turn = Turn(self._store, self._jobs, task)
        try:
            stop = self._opener.with_client(task.connection_id, turn.read, Share.BULK)
        except ProviderError as error:
            self._verdicts.failed(task, error, tries=int(job.args.get("tries", 0)))
            return
        self._opener.healthy(task.connection_id)
        if stop is Stop.SUPERSEDED:
            raise Again(BUSY)
        self._verdicts.stopped(task, stop)

    # --- inside ---------------------------------------------------------------------------

    def _start(self, job: Job) -> Task | None:
        """What to read; None when another job has taken the run on, or it has ended."""
        with self._store.transaction() as session:
            run = table.lock_run(session, str(job.args["run_id"]))
            if run is None or run.state not in LIVE or run.attempts != job.args["turn"]:
                return None
            connection = session.get_one(Connection, run.connection_id)
            if run.cancel_asked or connection.state not in table.CONNECTED:
                self._verdicts.not_now(session, run, connection)
                return None
            run.state = move(run.state, Event.STARTED)
            run.started_at = run.started_at or clock.now()
            run.retry_at, run.error_code, run.error_reason = None, "", ""
            return Task(
                run_id=run.id,
                connection_id=connection.id,
                provider=connection.provider,
                version=connection.version,
                streams=self._switched_on(session, connection, run.only),
                listens=self._somebody_listens(session, connection),
                pages=PAGES_AT_ONCE if verdicts.is_waited_for(run) else PAGES_A_TURN,
            )

    def _somebody_listens(self, session: Session, connection: Connection) -> bool:
        others = table.providers_of(session, connection.agent_id)
        return any(registry.manifest(provider).deliveries for provider in others)

    def _queue(
        self, session: Session, connection: Connection, reason: str, only: Sequence[str]
    ) -> SyncRun:
        run = table.live_run(session, connection.id)
        if run is not None:
            # A run that waits for a login goes on now; one that waits for the vendor to recover
            # does when a person asks.
            waits = run.state == "queued" and run.error_code
            if waits and (run.retry_at is None or reason != "schedule"):
                self._verdicts.enqueue(session, run)
            return run
        run = SyncRun(connection_id=connection.id, reason=reason, only=list(only))
        session.add(run)
        session.flush()
        if reason not in ("schedule", "webhook"):
            table.switch_on(session, connection.id)
        self._verdicts.enqueue(session, run, priority=PRIORITIES[reason])
        return run

    def _streams(self, connection: Connection, only: Sequence[str]) -> list[Stream]:
        manifest = registry.manifest(connection.provider)
        return streams.wanted(manifest, effective(manifest, connection), only)

    def _switched_on(
        self, session: Session, connection: Connection, only: Sequence[str]
    ) -> tuple[Stream, ...]:
        """Without the streams that were switched off because a permission is missing."""
        states = table.stream_states(session, connection.id)
        off = {name for name, state in states.items() if state.off_reason}
        return tuple(s for s in self._streams(connection, only) if s.name not in off)

    def _held(self, session: Session, actor: Actor, connection_id: str) -> Connection:
        connection = table.lock_connection(session, connection_id)
        if connection is None:
            raise Refusal("sync.unknown_connection", 404)
        require(actor, Role.OPERATOR, connection.agent_id)
        return connection

    def _must_be_connected(self, connection: Connection) -> None:
        if connection.state not in table.CONNECTED:
            raise Refusal("sync.not_connected", 409)

    def _must_have(self, connection: Connection, only: Sequence[str]) -> None:
        known = {stream.name for stream in registry.manifest(connection.provider).streams}
        for name in only:
            if name not in known:
                raise Refusal("sync.unknown_stream", field="streams", values={"stream": name})
        if not self._streams(connection, only):
            raise Refusal("sync.nothing_to_read", 409)

    def _set_paused(self, actor: Actor, connection_id: str, said: str, *, paused: bool) -> None:
        with self._store.transaction() as session:
            connection = self._held(session, actor, connection_id)
            self._must_be_connected(connection)
            connection.paused = paused
            connection.next_due_at = None if paused else clock.now()
            if not paused:
                connection.error_code, connection.error_reason, connection.error_at = "", "", None
            self._note(session, actor, connection, said)

    def _note(
        self, session: Session, actor: Actor, connection: Connection, action: str, **detail: object
    ) -> None:
        if actor != SYSTEM:
            self._audit.note(session, actor, connection, action, detail=detail)
