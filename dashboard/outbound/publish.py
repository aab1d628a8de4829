"""Makes deliveries of what happened, one for each receiver that listens."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard import registry
from dashboard.jobs import Job
from dashboard.kit import moments
from dashboard.outbound.lanes import LANES, Lanes
from dashboard.outbound.words import event_word, fits
from dashboard.store import actions, deliveries, events, receivers
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.store.records import Place, Record, load_records

LARGEST_BODY = 256 * 1024
Told = Mapping[str, Any]


class Publisher:
    """Writes deliveries; the same occurrence is never delivered twice to one receiver."""

    def __init__(self, store: Store, lanes: Lanes) -> None:
        self._store, self._lanes = store, lanes

    def publish(self, job: Job) -> None:
        """Job `outbound.publish` {connection_id}: tell all that was announced, in its order.

        A job of the version before brings along what happened instead.
        """
        source_id = str(job.args["connection_id"])
        if len(job.args) > 1:
            self._tell_all(source_id, lambda _session: [job.args])
            return
        while self._tell_all(source_id, lambda session: receivers.announced(session, source_id)):
            pass

    def _tell_all(self, source_id: str, read: Callable[[Session], Sequence[Told]]) -> int:
        with self._store.transaction() as session:
            happened = read(session)
            source = session.get(Connection, source_id)
            if source is None or not happened:
                return len(happened)
            telling = _Telling(session, source, _listeners(session, source))
            for told in happened:
                telling.tell(told)
            telling.wake(self._lanes)
            return len(happened)


class _Telling:
    """Tells the listeners of one source, within one transaction."""

    def __init__(self, session: Session, source: Connection, listeners: list[Connection]) -> None:
        self._session, self._source, self._listeners = session, source, listeners
        self._fresh: Counter[str] = Counter()
        for listener in listeners:
            receivers.hold(session, listener.id)

    def tell(self, told: Told) -> None:
        """Make deliveries of an event, or of changes of records."""
        if not self._listeners:
            return
        if "event_id" in told:
            self._tell_event(str(told["event_id"]))
        else:
            self._tell_changes(told)

    def wake(self, lanes: Lanes) -> None:
        """Have what is new sent."""
        for listener in self._listeners:
            for place in range(min(self._fresh[listener.id], LANES)):
                lanes.wake(self._session, listener.id, place)

    def _tell_event(self, event_id: str) -> None:
        event = self._session.get(Event, event_id)
        if event is not None:
            told = {**_origin(self._source), "event_id": event.id, "payload": event.payload}
            at = event.occurred_at or event.received_at
            self._deliver(event.name, (f"event:{event.id}", at, told))

    def _tell_changes(self, told: Told) -> None:
        stream, given = str(told["stream"]), str(told.get("word", ""))
        changes = dict(told["changes"])
        place = Place(connection_id=self._source.id, stream=stream)
        turn = {external_id: number for number, external_id in enumerate(changes)}
        found = load_records(self._session, place, list(changes))
        for record in sorted(found, key=lambda record: turn[record.external_id]):
            change = changes[record.external_id]
            derived = event_word(stream, change, record.fields)
            word = given if fits(given, stream) and change != "deleted" else derived
            if word:
                self._deliver(word, _occurrence(self._source, record, change, word))

    def _deliver(self, word: str, occurrence: tuple[str, datetime, dict[str, Any]]) -> None:
        source, at, told = occurrence
        body = body_of(word, at, told)
        for listener in self._listeners:
            if word not in listener.events:
                continue
            delivery = Delivery(
                connection_id=listener.id,
                source=source,
                event_type=word,
                body=body,
                position=receivers.reserve(self._session, listener.id, 1),
            )
            if deliveries.insert(self._session, delivery) and not listener.paused:
                self._fresh[listener.id] += 1


def body_of(word: str, at: datetime, told: Mapping[str, Any]) -> bytes:
    """The exact bytes that will be signed and sent."""
    whole = {"type": word, "timestamp": moments.to_iso(at), "data": told}
    body = _compact(whole)
    if len(body) <= LARGEST_BODY:
        return body
    # Too large for a webhook: the receiver gets what identifies it and reads the rest by API.
    short = {name: value for name, value in told.items() if isinstance(value, str)}
    return _compact({**whole, "data": {**short, "truncated": True}})


def _compact(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _listeners(session: Session, source: Connection) -> list[Connection]:
    """The agent's receivers by id; what came in by a receiver is not sent back to it."""
    found = actions.connections_of(session, source.agent_id).values()
    # In one order for all, since places in their lines are taken in it.
    return [
        connection
        for connection in sorted(found, key=lambda connection: connection.id)
        if connection.id != source.id
        and connection.state in events.CONNECTED
        and registry.manifest(connection.provider).deliveries
    ]


def _occurrence(
    source: Connection, record: Record, change: str, word: str
) -> tuple[str, datetime, dict[str, Any]]:
    """What makes this change this one, when it happened, and what is told of it.

    Of two changes told together the record shows the later; each is told by its own word.
    """
    moment = record.deleted_at or record.saved_at
    key = f"{source.id}:{record.stream}:{record.external_id}:{moment.isoformat()}:{word}"
    about = {"stream": record.stream, "external_id": record.external_id, "change": change}
    return key, moment, {**_origin(source), **about, "record": record.fields}


def _origin(source: Connection) -> dict[str, Any]:
    return {
        "agent_id": source.agent_id,
        "connection_id": source.id,
        "provider": source.provider,
        "environment": source.environment,
    }
