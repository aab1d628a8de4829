"""Jobs: handlers by kind, run at least once by whichever process is free.

A handler may run again after a crash, even when it had almost finished, so it must leave the
same result when it does. What it asks for with `Again`, and what follows an unexpected error,
is a new job in the database: nothing waits in memory.
"""

import json
import logging
import secrets
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from dashboard.contracts.errors import ProviderError
from dashboard.jobs import backoff
from dashboard.jobs.engine import Engine, Pace
from dashboard.jobs.order import Order
from dashboard.jobs.stats import JobStats
from dashboard.settings import Settings
from dashboard.store.base import Session, Store

__all__ = ["Again", "Job", "JobStats", "Jobs", "Pace"]

log = logging.getLogger(__name__)

ATTEMPTS = 12
NO_DELAY = timedelta(0)
# A job whose key is busy in another lane looks again after this long.
BUSY_SECONDS = (0.3, 1.2)


class Again(Exception):
    """A handler's wish to be run again later, with `attempt` one higher."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(after)
        self.after = after


class Dead(Exception):
    """A job that failed too often; the engine keeps its name and the kind of error."""


@dataclass(frozen=True)
class Job:
    """One run of a handler.

    Args:
        attempt: Counted from 1.
        id: The same in all attempts.
    """

    kind: str
    args: dict[str, Any]
    attempt: int = 1
    id: str = ""


Handler = Callable[[Job], None]


class Jobs:
    """The port to the job engine; one for each process.

    Args:
        pace: How often things are looked at; tests want it faster.
    """

    def __init__(self, store: Store, settings: Settings, pace: Pace | None = None) -> None:
        del settings  # the engine lives in the desk's own database
        self._engine = Engine(store, pace or Pace())
        self._handlers: dict[str, Handler] = {}
        self._clocks: list[tuple[str, float, Callable[[], None]]] = []
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    @property
    def executor(self) -> str:
        """Name of this process among those that work; empty before `start`.

        While it lives the name stands in `store.executors`; soon after its death no longer.
        """
        return self._engine.executor

    def register(self, kind: str, handler: Handler) -> None:
        """Say who does jobs of this kind."""
        self._handlers[kind] = handler

    def every(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        """Call `work` again and again in every process that works; say so before `start`."""
        self._clocks.append((name, seconds, work))

    def enqueue(
        self,
        kind: str,
        args: dict[str, Any],
        *,
        key: str = "",
        delay: timedelta = NO_DELAY,
        priority: int = 10,
        once: str = "",
    ) -> None:
        """Have a job done.

        Args:
            args: JSON values.
            key: Jobs of the same key never run at the same time, whatever their kind.
            priority: 1 interactive, 10 normal, 20 bulk: lanes of their own, so that the first
                never wait behind the last.
            once: A second job with this id is not taken, as long as the first is remembered
                (three days after its end).
        """
        self._engine.put(_order(kind, args, key, delay, priority, once))

    def enqueue_in(  # noqa: PLR0913 - the options of a job, all by name
        self,
        session: Session,
        kind: str,
        args: dict[str, Any],
        *,
        key: str = "",
        delay: timedelta = NO_DELAY,
        priority: int = 10,
        once: str = "",
    ) -> None:
        """Have a job done if, and only if, the caller's transaction commits."""
        self._engine.put_in(session, _order(kind, args, key, delay, priority, once))

    def start(self, role: str = "all") -> None:
        """Begin to work. In the role `web` jobs are only enqueued, others do them."""
        self._stopping.clear()
        self._engine.start(role, self._run)
        if role != "web":
            for clock in self._clocks:
                thread = threading.Thread(target=self._tick, args=clock, name=clock[0], daemon=True)
                thread.start()
                self._threads.append(thread)

    def stop(self) -> None:
        """Finish what runs, for a few seconds; leave the rest to the next process."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads.clear()
        self._engine.stop()

    def stats(self) -> JobStats:
        """What the queues hold now."""
        return self._engine.stats()

    def _run(self, order: Order) -> None:
        """Do a job that the engine handed over, and say in the database what follows."""
        if self._engine.key_is_busy(order):
            wait = timedelta(seconds=secrets.SystemRandom().uniform(*BUSY_SECONDS))
            self._engine.put(replace(order, turn=order.turn + 1, delay=wait))
            return
        job = Job(order.kind, json.loads(order.args), order.attempt, order.id)
        try:
            self._handlers[job.kind](job)
        except Again as again:
            self._engine.put(_next(order, again.after))
        except Exception as error:  # noqa: BLE001 - the door of all background work
            self._failed(order, error)

    def _failed(self, order: Order, error: Exception) -> None:
        # Neither the message nor the arguments: both may hold secrets or personal data.
        told = error.code if isinstance(error, ProviderError) else type(error).__name__
        log.warning(
            "job failed kind=%s id=%s attempt=%d error=%s at=%s",
            order.kind,
            order.id,
            order.attempt,
            told,
            _place(error),
        )
        if order.attempt >= ATTEMPTS:
            raise Dead(f"{order.kind}: {told} after {order.attempt} attempts") from None
        self._engine.put(_next(order, backoff.pause(order.attempt)))

    def _tick(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        pause = min(seconds, 1.0)
        while not self._stopping.wait(pause):
            pause = seconds
            try:
                work()
            except Exception as error:  # noqa: BLE001 - the next tick must come
                told = type(error).__name__
                log.warning("tick failed name=%s error=%s at=%s", name, told, _place(error))


def _order(
    kind: str, args: dict[str, Any], key: str, delay: timedelta, priority: int, once: str
) -> Order:
    # Hashed, since an id may be of any length and hold a vendor's words.
    name = f"once-{sha256(once.encode()).hexdigest()[:40]}" if once else secrets.token_hex(16)
    return Order(
        id=name,
        kind=kind,
        args=json.dumps(args, separators=(",", ":"), ensure_ascii=False),
        key=key,
        delay=delay,
        priority=priority,
    )


def _next(order: Order, after: timedelta) -> Order:
    return replace(order, attempt=order.attempt + 1, turn=0, delay=after)


def _place(error: BaseException) -> str:
    with suppress(IndexError):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
    return "?"
