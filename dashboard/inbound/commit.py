"""Group commit: calls that arrive together are made durable by one transaction."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from random import Random

from dashboard import clock
from dashboard.store.base import Session, Store
from dashboard.store.events import Arrival, heard_of, insert_events

log = logging.getLogger(__name__)

STEP = timedelta(microseconds=1)
MOST_AT_ONCE = 500
CROWD = 4
GATHER_SECONDS = 0.001
NOTE_AGAIN = timedelta(seconds=1)


@dataclass(eq=False, slots=True)
class Batch:
    """The events of one call, and who waits for them to be on disk."""

    events: list[Arrival]
    loop: asyncio.AbstractEventLoop
    saved: asyncio.Future[None]

    def settle(self, error: Exception | None) -> None:
        """Wake the call up, in its own loop."""
        if self.saved.done():
            return
        if error is None:
            self.saved.set_result(None)
        else:
            self.saved.set_exception(error)


class GroupCommit:
    """One writer thread for the whole process.

    While it commits, further calls queue up behind it and share the next commit, so the number of
    commits a second bounds nothing but the delay.

    Args:
        after: Called in the writer thread with the connections that got something new.
    """

    def __init__(self, store: Store, after: Callable[[set[str]], None]) -> None:
        self._store, self._after = store, after
        self._waiting: SimpleQueue[Batch | None] = SimpleQueue()
        self._latest = self._noted_at = datetime.min.replace(tzinfo=UTC)
        self._noted: set[str] = set()
        self._random = Random()  # noqa: S311 - unique is enough, nobody need be kept from guessing
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._closed = False

    async def save(self, events: list[Arrival]) -> None:
        """Return when the events are durable; those known before are left as they are.

        Raises:
            SQLAlchemyError: They could not be stored; the vendor must send them again.
            RuntimeError: The process is ending.
        """
        if self._writer is None:
            self._begin()
        loop = asyncio.get_running_loop()
        batch = Batch(events, loop, loop.create_future())
        self._waiting.put(batch)
        await batch.saved

    def close(self) -> None:
        """Finish what is waiting and stop the thread."""
        with self._lock:
            self._closed = True
            writer, self._writer = self._writer, None
        if writer is not None:
            self._waiting.put(None)
            writer.join()

    def _begin(self) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("no events are taken any more")
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write, name="inbound-writer", daemon=True
                )
                self._writer.start()

    def _write(self) -> None:
        first, crowded = self._waiting.get(), False
        while first is not None:
            if crowded:
                # Those answered a moment ago are sending their next; together they cost one commit.
                time.sleep(GATHER_SECONDS)
            taken, last = [first], False
            while len(taken) < MOST_AT_ONCE and not last:
                try:
                    batch = self._waiting.get_nowait()
                except Empty:
                    break
                last = batch is None
                taken.extend([batch] if batch else ())
            self._settle(taken)
            crowded = len(taken) >= CROWD
            first = None if last else self._waiting.get()

    def _settle(self, batches: list[Batch]) -> None:
        try:
            self._commit(batches)
        except Exception as error:  # noqa: BLE001 - the writer outlives whatever a call brings
            if len(batches) == 1:
                log.warning("events not stored error=%s", type(error).__name__)
                _wake(batches, error)
                return
            # Somebody's events spoiled the common commit; each call is tried by itself.
            for batch in batches:
                self._settle([batch])
        else:
            _wake(batches, None)

    def _commit(self, batches: list[Batch]) -> None:
        events = [event for batch in batches for event in batch.events]
        self._stamp(events)
        with self._store.transaction() as session:
            fresh = insert_events(session, events)
            self._note(session, fresh)
        self._after(fresh)

    def _note(self, session: Session, fresh: set[str]) -> None:
        """Say on the connections that something came, of each once a second."""
        now = clock.now()
        if now - self._noted_at >= NOTE_AGAIN:
            self._noted_at = now
            self._noted.clear()
        if new := fresh - self._noted:
            heard_of(session, new, now)
            self._noted |= new

    def _stamp(self, events: list[Arrival]) -> None:
        """Give every event its id and its own moment, so that the order is kept to the last."""
        moment = max(clock.now() - STEP * len(events), self._latest + STEP)
        begins = f"evt_{int(moment.timestamp() * 1000):012x}"
        for event in events:
            # As `new_id` makes them, but without asking the system for each one.
            event.id = f"{begins}{self._random.getrandbits(48):012x}"
            event.received_at = self._latest = moment
            moment += STEP


def _wake(batches: Iterable[Batch], error: Exception | None) -> None:
    """Tell all calls of a loop at once: each message to a loop costs a system call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Batch]] = {}
    for batch in batches:
        by_loop.setdefault(batch.loop, []).append(batch)
    for loop, mine in by_loop.items():
        # A loop that has ended has nobody left to answer.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle_all, mine, error)


def _settle_all(batches: Iterable[Batch], error: Exception | None) -> None:
    for batch in batches:
        batch.settle(error)
