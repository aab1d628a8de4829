"""What an event means: records saved, records read again, others told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unsupported,
)
from dashboard.contracts.people import SYSTEM
from dashboard.inbound.effects import Effects
from dashboard.inbound.finding import Finder, asks_vendor
from dashboard.inbound.machine import Event as Happened
from dashboard.inbound.machine import State, move
from dashboard.jobs import Again, Job, Jobs, backoff
from dashboard.store import events as table
from dashboard.store import held, sync
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Event

EVENTS_A_JOB = 200
# Events that need no call share a transaction; so many hold up no other writer for long.
TOGETHER = 20
MOST_TRIES = 8
FINAL = (Rejected, PermissionMissing, Unsupported)


@dataclass(frozen=True)
class Taken:
    """The next events of a connection: one, or several of which none asks the vendor."""

    connection: Connection
    events: Sequence[Event]


class Processor:
    """Works through the events of one connection, the oldest first."""

    def __init__(self, store: Store, jobs: Jobs, opener: Opener, audit: Audit) -> None:
        self._store, self._jobs, self._opener, self._audit = store, jobs, opener, audit
        self._finder = Finder(opener)

    def process(self, connection_id: str) -> None:
        """Process until nothing waits, a failure asks for a pause, or the job is long enough."""
        left = EVENTS_A_JOB
        while left > 0:
            taken = self._take(connection_id)
            if taken is None or not self._work(taken):
                return
            left -= len(taken.events)
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
            found = self._finder.find(connection, {"records": [], "refetch": asked})
        except ProviderError as error:
            self._note(connection, error)
            if not isinstance(error, (*FINAL, AuthExpired)) and job.attempt < MOST_TRIES:
                raise Again(_pause(error, job.attempt)) from error
            return
        with self._store.transaction() as session:
            sync.lock_connection(session, connection.id)
            effects = Effects(session, self._jobs, connection)
            effects.save(found)
            effects.publish()

    def _take(self, connection_id: str) -> Taken | None:
        """The next events, unless they wait for their time, for a login or for a person."""
        with self._store.transaction() as session:
            connection = session.get(Connection, connection_id)
            if connection is None or connection.state == "disconnected":
                return None
            if held.is_stopped(connection):
                held.hold(session, connection_id)
                return None
            waiting = next(iter(table.open_events(session, connection_id, 1)), None)
            if waiting is not None and waiting.state == State.HELD:
                self._release(session, connection)
            event = waiting and table.lock_event(session, waiting.id)
            if event is None or event.state not in table.OPEN_EVENTS or _is_early(event):
                return None
            died = event.state == "processing" and event.attempts >= MOST_TRIES
            if not died:
                return Taken(connection, _begun(session, event))
            event.state = move(event.state, Happened.TAKEN)
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

    def _work(self, taken: Taken) -> bool:
        """Process what was taken; False when the next one must wait."""
        try:
            found = [self._finder.find(taken.connection, one.work) for one in taken.events]
        except ProviderError as error:
            self._note(taken.connection, error)
            return self._fail(taken.events[0], error)
        with self._store.transaction() as session:
            events = table.lock_events(session, [one.id for one in taken.events])
            if len(events) < len(taken.events) or not all(map(_is_ours, events, taken.events)):
                return False
            effects = Effects(session, self._jobs, taken.connection)
            for event, what in zip(events, found, strict=True):
                effects.of_event(event, what)
                event.state = move(event.state, Happened.PROCESSED)
                event.processed_at, event.error_code, event.error_reason = clock.now(), "", ""
            effects.publish()
        return True

    def _note(self, connection: Connection, error: ProviderError) -> None:
        self._opener.apply(connection.id, error, version=connection.version)

    def _fail(self, event: Event, error: ProviderError) -> bool:
        with self._store.transaction() as session:
            now = table.lock_event(session, event.id)
            if now is None or not _is_ours(now, event):
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


def _begun(session: Session, event: Event) -> list[Event]:
    """The event under way, with those behind it that can be processed along with it."""
    line = [event]
    if _is_light(event):
        following = table.open_events(session, event.connection_id, TOGETHER)
        line = list(takewhile(_is_light, following)) or line
    for one in line:
        one.state = move(one.state, Happened.TAKEN)
        one.attempts += 1
    return line


def _is_light(event: Event) -> bool:
    """Whether nothing has to be asked, and nothing has gone wrong with it yet.

    One that did is processed by itself, so that it spoils no other.
    """
    fresh = event.state == State.RECEIVED and event.attempts == 0
    return fresh and not asks_vendor(event.work)


def _is_ours(now: Event, taken: Event) -> bool:
    """Whether nobody else has taken the event up meanwhile, or ended it."""
    return now.state == State.PROCESSING and now.attempts == taken.attempts


def _is_early(event: Event) -> bool:
    later = event.work.get("not_before")
    return later is not None and clock.now() < datetime.fromisoformat(later)


def _pause(error: ProviderError, attempt: int) -> timedelta:
    if isinstance(error, RateLimited):
        return timedelta(seconds=max(error.retry_after, 1.0))
    return max(backoff.pause(attempt), timedelta(seconds=getattr(error, "retry_after", 0.0)))
