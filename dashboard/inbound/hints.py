"""Tells the jobs which connections have something new, each at most once in a moment."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.2


class Hints:
    """A thread that turns a burst of arrivals into few jobs.

    A hint is given after its events are durable, so none is missed; were it lost with the
    process, the sweep would find the events.

    Args:
        tell: Queues the processing of one connection.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._new: set[str] = set()
        self._changed = threading.Condition()
        self._telling = self._hurry = self._closed = False
        self._thread: threading.Thread | None = None

    def add(self, connections: set[str]) -> None:
        """These connections have something new."""
        if not connections:
            return
        with self._changed:
            self._new |= connections
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="inbound-hints", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def settle(self) -> None:
        """Return when everything that was added is told."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._thread is None or not (self._new or self._telling))
            self._hurry = False

    def close(self) -> None:
        """Tell what is left, then stop the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._new or self._closed)
                if not self._new:
                    return
                taken, self._new, self._telling = self._new, set(), True
            for connection_id in taken:
                self._tell_one(connection_id)
            with self._changed:
                self._telling = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or self._hurry, PAUSE_SECONDS)

    def _tell_one(self, connection_id: str) -> None:
        try:
            self._tell(connection_id)
        except Exception as error:  # noqa: BLE001 - the sweep finds these events
            log.warning("hint not given error=%s", type(error).__name__)
