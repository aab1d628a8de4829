"""Makes deliveries of what happened, one for each receiver that listens."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard import registry
from dashboard.jobs import Job
from dashboard.kit import moments
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.words import event_word, fits
from dashboard.store import actions, events
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.store.records import Place, Record, load_records

LARGEST_BODY = 256 * 1024


class Publisher:
    """Writes deliveries; the same occurrence is never delivered twice to one receiver."""

    def __init__(self, store: Store, lanes: Lanes) -> None:
        self._store, self._lanes = store, lanes

    def publish(self, job: Job) -> None:
        """Job `outbound.publish`.

        Args of the job: connection_id, and either stream and changes [[external id, new |
        changed | deleted]] with the optional word of the event that caused them, or event_id.
        """
        with self._store.transaction() as session:
            source = session.get(Connection, str(job.args["connection_id"]))
            listeners = _listeners(session, source) if source else []
            if source is None or not listeners:
                return
            if "event_id" in job.args:
                self._tell_event(session, source, listeners, str(job.args["event_id"]))
            else:
                self._tell_changes(session, source, listeners, job.args)

    def _tell_event(
        self, session: Session, source: Connection, listeners: list[Connection], event_id: str
    ) -> None:
        event = session.get(Event, event_id)
        if event is not None:
            told = {**_origin(source), "event_id": event.id, "payload": event.payload}
            at = event.occurred_at or event.received_at
            self._tell(session, listeners, event.name, (f"event:{event.id}", at, told))

    def _tell_changes(
        self,
        session: Session,
        source: Connection,
        listeners: list[Connection],
        args: Mapping[str, Any],
    ) -> None:
        stream, given = str(args["stream"]), str(args.get("word", ""))
        changes = dict(args["changes"])
        place = Place(connection_id=source.id, stream=stream)
        for record in load_records(session, place, list(changes)):
            change = changes[record.external_id]
            derived = event_word(stream, change, record.fields)
            word = given if fits(given, stream) and change != "deleted" else derived
            occurrence = _occurrence(source, record, change)
            if word:
                self._tell(session, listeners, word, occurrence)

    def _tell(
        self,
        session: Session,
        listeners: list[Connection],
        word: str,
        occurrence: tuple[str, datetime, dict[str, Any]],
    ) -> None:
        source, at, told = occurrence
        body = body_of(word, at, told)
        for listener in listeners:
            if word not in listener.events:
                continue
            delivery = Delivery(
                connection_id=listener.id, source=source, event_type=word, body=body
            )
            if events.insert_delivery(session, delivery) and not listener.paused:
                self._lanes.enqueue(session, delivery)


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
    """The agent's receivers; what came in by a receiver is not sent back to it."""
    return [
        connection
        for connection in actions.connections_of(session, source.agent_id).values()
        if connection.id != source.id
        and connection.state in events.CONNECTED
        and registry.manifest(connection.provider).deliveries
    ]


def _occurrence(
    source: Connection, record: Record, change: str
) -> tuple[str, datetime, dict[str, Any]]:
    """What makes this change this one, when it happened, and what is told of it."""
    moment = record.deleted_at or record.saved_at
    key = f"{source.id}:{record.stream}:{record.external_id}:{moment.isoformat()}"
    about = {"stream": record.stream, "external_id": record.external_id, "change": change}
    return key, moment, {**_origin(source), **about, "record": record.fields}


def _origin(source: Connection) -> dict[str, Any]:
    return {
        "agent_id": source.agent_id,
        "connection_id": source.id,
        "provider": source.provider,
        "environment": source.environment,
    }
