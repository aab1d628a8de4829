"""What events lead to, within one transaction: records saved, streams read, others told."""

from collections.abc import Sequence

from dashboard import clock, registry
from dashboard.inbound.finding import Found
from dashboard.inbound.keeping import filled
from dashboard.inbound.tell import Telling
from dashboard.jobs import Jobs
from dashboard.store import sync
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.events import Event
from dashboard.store.packing import Row
from dashboard.store.records import Place, Saved, save_records


class Effects:
    """Effects on one connection; `publish()` when all are written."""

    def __init__(self, session: Session, jobs: Jobs, connection: Connection) -> None:
        self._session, self._jobs, self._connection = session, jobs, connection
        self._telling = Telling(session, jobs, connection)
        self._places: dict[str, Place] = {}

    def of_event(self, event: Event, found: Found) -> None:
        """Save what an event brings, and tell who is to hear of it."""
        saved = self.save(found, event)
        if not found.streams() and not found.whole:
            self._telling.as_it_is(event)
        self._telling.auto_reply(event, saved.get("messages"), found.rows.get("messages", ()))

    def save(self, found: Found, event: Event | None = None) -> dict[str, Saved]:
        """Save what was found, by stream; streams that changed as a whole are read by a run."""
        done: dict[str, Saved] = {}
        for stream in found.streams():
            place = self._place(stream)
            rows = self._filled(place, found.rows.get(stream, []))
            done[stream] = save_records(self._session, place, rows, found.deleted.get(stream, ()))
            self._telling.changes(stream, done[stream], event)
        for stream in found.whole:
            self._read_whole(stream, event)
        return done

    def publish(self) -> None:
        """Have receivers told of everything at once."""
        self._telling.publish()

    def _place(self, stream: str) -> Place:
        if stream not in self._places:
            mine = self._connection.id
            generation = sync.stream_state(self._session, mine, stream).generation
            self._places[stream] = Place(connection_id=mine, stream=stream, generation=generation)
        return self._places[stream]

    def _filled(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        stream = registry.manifest(self._connection.provider).stream(place.stream)
        return filled(self._session, place, stream.record, rows) if stream else list(rows)

    def _read_whole(self, stream: str, event: Event | None) -> None:
        since = event.received_at if event else clock.now()
        args = {"connection_id": self._connection.id, "reason": "webhook", "only": [stream]}
        self._jobs.enqueue_in(
            self._session, "sync.request", {**args, "since": since.isoformat()}, priority=5
        )
