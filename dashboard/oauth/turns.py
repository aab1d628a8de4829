"""Whose turn it is to refresh a token: one caller of all threads, processes and machines."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from dashboard.store import leases
from dashboard.store.base import Session, Store

# Longer than a call takes that the kit lets go on, so that it never ends under a living holder.
LEASE = timedelta(seconds=90)
_KEYS = "refresh:"


@dataclass(frozen=True)
class Grip:
    """The turn while it is ours; `cut_off` when the one before us never told how it ended."""

    key: str
    holder: str
    cut_off: bool


class Turns:
    """Turns by connection. A mutex keeps the threads of a process from asking the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mutexes: WeakValueDictionary[str, _Mutex] = WeakValueDictionary()
        self._making = threading.Lock()

    @contextmanager
    def in_this_process(self, connection_id: str, *, patient: bool) -> Iterator[bool]:
        """True when this thread may go on; an impatient one does not wait for it."""
        with self._making:
            mine = self._mutexes.setdefault(connection_id, _Mutex())
        got = mine.lock.acquire(blocking=patient)
        try:
            yield got
        finally:
            if got:
                mine.lock.release()

    def take(self, connection_id: str) -> Grip | None:
        """The turn among all processes; None while another one has it, or after a failure."""
        key, holder = _KEYS + connection_id, secrets.token_hex(8)
        with self._store.transaction() as session:
            taken = leases.acquire(session, key, holder, LEASE)
        return Grip(key, holder, taken.cut_off) if taken else None

    def is_paused(self, connection_id: str) -> bool:
        """True for a while after the vendor failed to answer."""
        with self._store.transaction() as session:
            return leases.is_paused(session, _KEYS + connection_id)

    def pause(self, grip: Grip, lasts: timedelta, *, cut_off: bool) -> None:
        """Leave the vendor alone for so long.

        Args:
            cut_off: It is not known whether the vendor has replaced the refresh token.
        """
        with self._store.transaction() as session:
            leases.pause(session, grip.key, grip.holder, lasts, cut_off=cut_off)

    def end(self, grip: Grip) -> None:
        """Let the next one in."""
        with self._store.transaction() as session:
            end_in(session, grip)


def end_in(session: Session, grip: Grip) -> None:
    """Let the next one in when the caller's transaction commits."""
    leases.release(session, grip.key, grip.holder)


def end_pauses(session: Session, connection_ids: list[str]) -> None:
    """Let these be tried at once: what stood in their way is gone."""
    leases.end_pauses(session, [_KEYS + one for one in connection_ids])


class _Mutex:
    """A lock that is forgotten with its last user."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
