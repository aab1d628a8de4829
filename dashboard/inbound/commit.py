"""Group commit: calls that arrive together are made durable by one transaction."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard import clock
from dashboard.store.base import Store
from dashboard.store.events import Event, insert_events

STEP = timedelta(microseconds=1)


@dataclass
class Batch:
    """The events of one call, and whether they are on disk."""

    events: list[Event]
    saved: bool = False


class GroupCommit:
    """One writer thread for the whole process.

    While it commits, further calls queue up behind it and share the next commit, so the number of
    commits a second bounds nothing but the delay.

    Args:
        after: Called in the writer thread with the connections that got something new.
    """

    def __init__(self, store: Store, after: Callable[[set[str]], None]) -> None:
        self._store, self._after = store, after
        self._waiting: deque[Batch] = deque()
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbound-writer")

    async def save(self, events: list[Event]) -> None:
        """Return when the events are durable; those known before are left as they are.

        Raises:
            SQLAlchemyError: They could not be stored; the vendor must send them again.
        """
        batch = Batch(events)
        self._waiting.append(batch)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._flush)
        if not batch.saved:
            # Somebody else's batch spoiled the common commit; this one is tried by itself.
            await loop.run_in_executor(self._writer, self._commit, [batch])

    def close(self) -> None:
        """Finish what is waiting and stop the thread."""
        self._writer.shutdown()

    def _flush(self) -> None:
        taken: list[Batch] = []
        while self._waiting:
            taken.append(self._waiting.popleft())
        if taken:
            self._commit(taken)

    def _commit(self, batches: list[Batch]) -> None:
        events = [event for batch in batches for event in batch.events]
        self._stamp(events)
        with self._store.transaction() as session:
            fresh = insert_events(session, events)
        for batch in batches:
            batch.saved = True
        # A hint only: were it lost, the sweep would find the events.
        self._writer.submit(self._after, fresh)

    def _stamp(self, events: list[Event]) -> None:
        """Give every event its own moment, so that the order of arrival is kept to the last."""
        first = max(clock.now() - STEP * len(events), self._latest + STEP)
        for number, event in enumerate(events):
            event.received_at = first + STEP * number
            self._latest = event.received_at
