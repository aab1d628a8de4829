"""One turn of a run: as many pages as one job may read, each saved with its cursor."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashboard import clock
from dashboard.contracts.errors import PermissionMissing, ProviderError, Rejected, Unsupported
from dashboard.contracts.manifest import Stream
from dashboard.jobs import Jobs
from dashboard.kit.http import Client
from dashboard.kit.reading import Page
from dashboard.store import receivers
from dashboard.store import sync as table
from dashboard.store.base import Session, Store
from dashboard.store.packing import Row, row
from dashboard.store.records import Place, Saved, delete_unseen, save_records
from dashboard.store.sync import StreamState
from dashboard.sync import streams

PAGES_A_TURN = 200
# Of a run somebody waits for: its first pages come at once, the rest does not keep others waiting.
PAGES_AT_ONCE = 10
CURSOR_EXPIRED = "cursor_expired"
FRESH = {
    "state": "waiting",
    "new": 0,
    "changed": 0,
    "deleted": 0,
    "refused": 0,
    "pages": 0,
    "total": None,
}
ENDED = frozenset({"done", "failed", "off"})


class Stop(StrEnum):
    """Why reading stopped."""

    DONE = "done"
    SPENT = "spent"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What one turn is about.

    Args:
        version: Of the credentials, so that a failure of older ones is told apart.
        listens: Somebody wants to hear of changed records.
        pages: How many one turn may read.
    """

    run_id: str
    connection_id: str
    provider: str
    version: int
    streams: tuple[Stream, ...]
    listens: bool = False
    pages: int = PAGES_A_TURN


class Turn:
    """Reads the streams of one task until they end, the pages are spent, or somebody stops it."""

    def __init__(self, store: Store, jobs: Jobs, task: Task) -> None:
        self._store, self._jobs = store, jobs
        self._task = task
        self._pages_left = min(task.pages, PAGES_A_TURN)

    def read(self, client: Client) -> Stop:
        """Read every stream that has not ended yet. May be called again after a failure.

        Raises:
            ProviderError: A failure of the whole connection; what was saved stays saved.
        """
        for stream in self._task.streams:
            stop = self._read_one(client, stream)
            if stop is not Stop.DONE:
                return stop
        return Stop.DONE

    def _read_one(self, client: Client, stream: Stream) -> Stop:
        try:
            return self._read_stream(client, stream)
        except (PermissionMissing, Unsupported) as refused:
            self._end(stream, "off", refused)
        except Rejected as refused:
            if refused.code == CURSOR_EXPIRED and self._forget_cursor(stream):
                return self._read_one(client, stream)
            self._end(stream, "failed", refused)
        return Stop.DONE

    def _read_stream(self, client: Client, stream: Stream) -> Stop:
        state = self._begin(stream)
        if state is None:
            return Stop.DONE
        first = state.last_success_at is None
        for page in streams.source(client, self._task.provider, stream, state.cursor):
            stop = self._save(state, page, first=first)
            if stop is not Stop.DONE:
                return stop
            state.version += 1
            self._pages_left -= 1
            # Without a cursor a new turn would begin this stream again, and never end it.
            # After the last page of a full reading it would begin it again too.
            spent = self._pages_left <= 0 or self._jobs.stopping
            if spent and page.cursor and not page.complete:
                return Stop.SPENT
        self._end(stream, "done")
        return Stop.DONE

    def _begin(self, stream: Stream) -> StreamState | None:
        """Where to read from; None when the stream has ended in an earlier turn."""
        connection_id = self._task.connection_id
        with self._store.transaction() as session:
            run = table.lock_run(session, self._task.run_id)
            progress = dict((run.streams if run else {}).get(stream.name) or FRESH)
            if run is None or progress["state"] in ENDED:
                return None
            run.streams = {**run.streams, stream.name: {**progress, "state": "reading"}}
            state = table.stream_state(session, connection_id, stream.name)
            if state.cursor:
                # Claimed: a page that another process is still fetching will not be saved.
                return table.claim(session, state)
            return table.begin_full_reading(session, connection_id, stream.name)

    def _save(self, state: StreamState, page: Page, *, first: bool) -> Stop:
        rows = [row(record) for record in page.records]
        place = Place(
            connection_id=state.connection_id, stream=state.stream, generation=state.generation
        )
        with self._store.transaction() as session:
            # The compare-and-set comes first: whoever lost this job to another process is
            # stopped here, and on SQLite it opens the write transaction before anything is read.
            if not table.advance(session, state, dict(page.cursor), clock.now()):
                return Stop.SUPERSEDED
            saved = self._saved(session, place, rows, page)
            if self._task.listens and not first:
                self._publish(session, state.stream, saved)
            return self._progress(session, state.stream, page, saved)

    def _saved(self, session: Session, place: Place, rows: list[Row], page: Page) -> Saved:
        unread = [key for key, _why in page.refused]
        saved = save_records(session, place, rows, page.deleted, kept=unread)
        if not page.complete:
            return saved
        gone = delete_unseen(session, place)
        return Saved(new=saved.new, changed=saved.changed, deleted=(*saved.deleted, *gone))

    def _publish(self, session: Session, stream: str, saved: Saved) -> None:
        changes = [
            *([key, "new"] for key in saved.new),
            *([key, "changed"] for key in saved.changed),
            *([key, "deleted"] for key in saved.deleted),
        ]
        if changes:
            source = self._task.connection_id
            receivers.announce(session, source, {"stream": stream, "changes": changes})
            self._jobs.enqueue_in(session, "outbound.publish", {"connection_id": source})

    def _progress(self, session: Session, stream: str, page: Page, saved: Saved) -> Stop:
        counts = {
            "new": len(saved.new),
            "changed": len(saved.changed),
            "deleted": len(saved.deleted),
            "refused": len(page.refused),
        }
        run = table.count_page(session, self._task.run_id, counts)
        if run is None:
            return Stop.SUPERSEDED
        told: dict[str, Any] = dict(run.streams[stream])
        for name, count in counts.items():
            told[name] += count
        told["pages"] += 1
        told["total"] = page.total if page.total is not None else told["total"]
        if page.refused:
            told["why"] = page.refused[0][1]
        table.tell_streams(session, self._task.run_id, {**run.streams, stream: told})
        return Stop.CANCELLED if run.cancel_asked else Stop.DONE

    def _forget_cursor(self, stream: Stream) -> bool:
        """Begin anew because the vendor no longer knows the cursor; False when there was none."""
        with self._store.transaction() as session:
            held = table.lock_connection(session, self._task.connection_id)
            state = table.stream_state(session, self._task.connection_id, stream.name)
            if held is None or not state.cursor:
                return False
            return table.advance(session, state, {}, clock.now())

    def _end(self, stream: Stream, how: str, error: ProviderError | None = None) -> None:
        values: dict[str, Any] = {
            "error_code": error.code if error else "",
            "error_reason": error.reason if error else "",
            "off_reason": error.code if error and how == "off" else "",
        }
        if how == "done":
            values["last_success_at"] = clock.now()
        with self._store.transaction() as session:
            run = table.lock_run(session, self._task.run_id)
            table.stream_state(session, self._task.connection_id, stream.name)
            table.update_stream(session, self._task.connection_id, stream.name, **values)
            if run is not None:
                told = {**FRESH, **run.streams.get(stream.name, {}), "state": how}
                if error:
                    told["error_code"], told["why"] = error.code, error.reason
                run.streams = {**run.streams, stream.name: told}
