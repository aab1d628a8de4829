"""What people do with events: hold, release, drop, and process again."""

from collections.abc import Callable, Collection
from datetime import datetime

from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.inbound.machine import Event as Happened
from dashboard.inbound.machine import State, move
from dashboard.store import connections, held
from dashboard.store import events as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Event

UNDER_WAY = frozenset({State.RECEIVED, State.PROCESSING, State.HELD})
MOST_AT_ONCE = 1000
NAMED_IN_JOURNAL = 50


class ByHand:
    """Every step is in the journal with who did it.

    Args:
        queue: Has the events of these connections processed.
    """

    def __init__(self, store: Store, audit: Audit, queue: Callable[[set[str]], None]) -> None:
        self._store, self._audit, self._queue = store, audit, queue

    def hold(self, actor: Actor, connection_id: str) -> int:
        """Let events of a connection wait until they are released; how many wait now.

        Raises:
            Refusal: `inbound.unknown_connection` (404), `inbound.disconnected` (409).
        """
        with self._store.transaction() as session:
            row = self._row(session, actor, connection_id)
            held.set_hold(session, row.id, on=True)
            held.hold(session, row.id)
            waiting = _waiting(session, row.id)
            self._audit.note(session, actor, row, "events.held", detail={"events": waiting})
        return waiting

    def release(self, actor: Actor, connection_id: str) -> int:
        """Process what waits, in the order it came; how many events that are.

        While the connection needs a login they go on waiting for that, but no longer for a person.

        Raises:
            Refusal: `inbound.unknown_connection` (404), `inbound.disconnected` (409).
        """
        with self._store.transaction() as session:
            row = self._row(session, actor, connection_id)
            waiting = _waiting(session, row.id)
            held.set_hold(session, row.id, on=False)
            if row.state in table.CONNECTED:
                held.release(session, row.id)
            self._audit.note(session, actor, row, "events.released", detail={"events": waiting})
        self._queue({connection_id})
        return waiting

    def drop(self, actor: Actor, connection_id: str, event_ids: Collection[str] = ()) -> int:
        """Give up what waits, or the named events of it; how many were given up.

        Raises:
            Refusal: `inbound.unknown_connection` (404), `inbound.disconnected`,
                `inbound.not_held` (409): nothing waits, events are processed as they come.
        """
        with self._store.transaction() as session:
            row = self._row(session, actor, connection_id)
            if not held.is_stopped(row):
                raise Refusal("inbound.not_held", 409)
            held.hold(session, row.id)
            dropped = held.drop(session, row.id, event_ids)
            detail = {"events": len(dropped), "ids": dropped[:NAMED_IN_JOURNAL]}
            self._audit.note(session, actor, row, "events.dropped", detail=detail)
        return len(dropped)

    def replay(self, actor: Actor, event_id: str) -> Event:
        """Process a finished event once more; with the same data that changes nothing.

        Raises:
            Refusal: `inbound.unknown_event` (404), `inbound.under_way`, `inbound.disconnected`
                (409).
        """
        with self._store.transaction() as session:
            event = table.lock_event(session, event_id)
            if event is None:
                raise Refusal("inbound.unknown_event", 404)
            row = self._row(session, actor, event.connection_id)
            if event.state in UNDER_WAY:
                raise Refusal("inbound.under_way", 409)
            _begin_again(event)
            detail: dict[str, object] = {"event": event.id, "name": event.name}
            self._audit.note(session, actor, row, "event.replayed", detail=detail)
        self._queue({event.connection_id})
        return event

    def replay_dead(self, actor: Actor, connection_id: str, since: datetime | None = None) -> int:
        """Process again, in the order they came, what was given up of a connection since then.

        At most a thousand at a time; how many there were.

        Raises:
            Refusal: `inbound.unknown_connection` (404), `inbound.disconnected` (409).
        """
        with self._store.transaction() as session:
            row = self._row(session, actor, connection_id)
            dead = table.dead_events(session, row.id, since, MOST_AT_ONCE)
            for event in dead:
                _begin_again(event)
            detail: dict[str, object] = {"events": len(dead), "since": since and since.isoformat()}
            self._audit.note(session, actor, row, "events.replayed", detail=detail)
        self._queue({connection_id})
        return len(dead)

    def _row(self, session: Session, actor: Actor, connection_id: str) -> Connection:
        row = connections.locked(session, connection_id)
        if row is None:
            raise Refusal("inbound.unknown_connection", 404)
        require(actor, Role.OPERATOR, row.agent_id)
        if row.state == "disconnected":
            raise Refusal("inbound.disconnected", 409)
        return row


def _waiting(session: Session, connection_id: str) -> int:
    return sum(one.count for one in held.standings(session, [connection_id]))


def _begin_again(event: Event) -> None:
    event.state = move(event.state, Happened.REPLAYED)
    event.attempts, event.error_code, event.error_reason = 0, "", ""
    event.processed_at = None
    event.work = {k: v for k, v in event.work.items() if k != "not_before"}
