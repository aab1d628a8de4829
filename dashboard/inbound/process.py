"""What an event means: records saved, records read again, others told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.connections.reach import effective
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unsupported,
)
from dashboard.contracts.manifest import Manifest
from dashboard.contracts.people import SYSTEM
from dashboard.contracts.records import Record
from dashboard.inbound.keeping import filled
from dashboard.inbound.machine import Event as Happened
from dashboard.inbound.machine import State, move
from dashboard.inbound.tell import Teller
from dashboard.jobs import Again, Job, Jobs, backoff
from dashboard.kit.http import Client
from dashboard.store import events as table
from dashboard.store import held, sync
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Event
from dashboard.store.packing import Row, row, row_of
from dashboard.store.records import Place, Saved, save_records

EVENTS_A_JOB = 200
MOST_TRIES = 8
FINAL = (Rejected, PermissionMissing, Unsupported)
Fetch = Callable[[Client, str, str], Record | None]


class Processor:
    """Works through the events of one connection, the oldest first."""

    def __init__(self, store: Store, jobs: Jobs, opener: Opener, audit: Audit) -> None:
        self._store, self._jobs, self._opener, self._audit = store, jobs, opener, audit
        self._tell = Teller(jobs)

    def process(self, connection_id: str) -> None:
        """Process until nothing waits, a failure asks for a pause, or the job is long enough."""
        for _ in range(EVENTS_A_JOB):
            taken = self._take(connection_id)
            if taken is None or not self._one(*taken):
                return
        with self._store.transaction() as session:
            self.queue(session, connection_id, priority=10)

    def queue(
        self,
        session: Session,
        connection_id: str,
        *,
        delay: timedelta = timedelta(0),
        priority: int = 5,
        once: str = "",
    ) -> None:
        """Have what waits of a connection processed."""
        connection = session.get(Connection, connection_id)
        self._jobs.enqueue_in(
            session,
            "inbound.process",
            {"connection_id": connection_id},
            key=f"inbound:{connection_id}",
            group=connection.provider if connection else "",
            delay=delay,
            priority=priority,
            once=once,
        )

    def refetch(self, job: Job) -> None:
        """Job `inbound.refetch` {connection_id, stream, external_id}.

        Raises:
            Again: The vendor could not be asked now.
        """
        with self._store.transaction() as session:
            connection = session.get(Connection, str(job.args["connection_id"]))
        if connection is None or connection.state not in table.CONNECTED:
            return
        asked = [[job.args["stream"], job.args["external_id"], False]]
        try:
            found = self._find(connection, {"records": [], "refetch": asked})
        except ProviderError as error:
            self._note(connection, error)
            if not isinstance(error, (*FINAL, AuthExpired)) and job.attempt < MOST_TRIES:
                raise Again(_pause(error, job.attempt)) from error
            return
        with self._store.transaction() as session:
            sync.lock_connection(session, connection.id)
            self._save(session, connection, found)

    def _take(self, connection_id: str) -> tuple[Connection, Event] | None:
        """The next event, unless it waits for its time, for a login or for a person."""
        with self._store.transaction() as session:
            connection = session.get(Connection, connection_id)
            if connection is None or connection.state == "disconnected":
                return None
            if held.is_stopped(connection):
                held.hold(session, connection_id)
                return None
            waiting = table.next_event(session, connection_id)
            if waiting is not None and waiting.state == State.HELD:
                self._release(session, connection)
            event = waiting and table.lock_event(session, waiting.id)
            if event is None or event.state not in table.OPEN_EVENTS or _is_early(event):
                return None
            died = event.state == "processing" and event.attempts >= MOST_TRIES
            event.state = move(event.state, Happened.TAKEN)
            if not died:
                event.attempts += 1
                return connection, event
            # It has taken several workers down with it; the events behind it must go on.
            event.state = move(event.state, Happened.GIVEN_UP)
            event.error_code, event.processed_at = "inbound.crashed", clock.now()
        return self._take(connection_id)

    def _release(self, session: Session, connection: Connection) -> None:
        """The login is back, and it is that of the same account: what waited goes on."""
        count = held.release(session, connection.id)
        self._audit.write(
            session,
            SYSTEM,
            "events.released",
            agent_id=connection.agent_id,
            connection_id=connection.id,
            provider=connection.provider,
            detail={"events": count},
        )

    def _one(self, connection: Connection, event: Event) -> bool:
        """Process one event; False when the next one must wait."""
        try:
            found = self._find(connection, event.work)
        except ProviderError as error:
            self._note(connection, error)
            return self._fail(event, error)
        with self._store.transaction() as session:
            now = table.lock_event(session, event.id)
            if now is None or now.state != "processing" or now.attempts != event.attempts:
                return False
            saved = self._save(session, connection, found, event)
            if not found.streams() and not found.whole:
                self._tell.as_it_is(session, connection, event)
            messages = saved.get("messages"), found.rows.get("messages", ())
            self._tell.auto_reply(session, connection, event, *messages)
            now.state = move(now.state, Happened.PROCESSED)
            now.processed_at, now.error_code, now.error_reason = clock.now(), "", ""
        return True

    def _filled(
        self, session: Session, connection: Connection, place: Place, rows: list[Row]
    ) -> list[Row]:
        stream = registry.manifest(connection.provider).stream(place.stream)
        return filled(session, place, stream.record, rows) if stream else rows

    def _save(
        self,
        session: Session,
        connection: Connection,
        found: Found,
        event: Event | None = None,
    ) -> dict[str, Saved]:
        done: dict[str, Saved] = {}
        for stream in found.streams():
            generation = sync.stream_state(session, connection.id, stream).generation
            place = Place(connection_id=connection.id, stream=stream, generation=generation)
            gone = found.deleted.get(stream, [])
            rows = self._filled(session, connection, place, found.rows.get(stream, []))
            done[stream] = save_records(session, place, rows, gone)
            self._tell.changes(session, connection, (stream, done[stream]), event)
        for stream in found.whole:
            since = event.received_at if event else clock.now()
            args = {"connection_id": connection.id, "reason": "webhook", "only": [stream]}
            self._jobs.enqueue_in(
                session, "sync.request", {**args, "since": since.isoformat()}, priority=5
            )
        return done

    def _note(self, connection: Connection, error: ProviderError) -> None:
        self._opener.apply(connection.id, error, version=connection.version)

    def _fail(self, event: Event, error: ProviderError) -> bool:
        with self._store.transaction() as session:
            now = table.lock_event(session, event.id)
            if now is None or now.state != "processing" or now.attempts != event.attempts:
                return False
            now.error_code, now.error_reason = error.code, error.reason
            patient = isinstance(error, (RateLimited, AuthExpired))
            if isinstance(error, FINAL) or (now.attempts >= MOST_TRIES and not patient):
                now.state = move(now.state, Happened.GIVEN_UP)
                now.processed_at = clock.now()
                return True
            if isinstance(error, AuthExpired):
                now.state = move(now.state, Happened.HELD)
            else:
                now.state = move(now.state, Happened.PUT_OFF)
                self._put_off(session, now, _pause(error, now.attempts))
            return False

    def _put_off(self, session: Session, event: Event, pause: timedelta) -> None:
        event.work = {**event.work, "not_before": (clock.now() + pause).isoformat()}
        once = f"inbound:{event.id}:{event.attempts}"
        self.queue(session, event.connection_id, delay=pause, once=once)


def _is_early(event: Event) -> bool:
    later = event.work.get("not_before")
    return later is not None and clock.now() < datetime.fromisoformat(later)


def _pause(error: ProviderError, attempt: int) -> timedelta:
    if isinstance(error, RateLimited):
        return timedelta(seconds=max(error.retry_after, 1.0))
    return max(backoff.pause(attempt), timedelta(seconds=getattr(error, "retry_after", 0.0)))
