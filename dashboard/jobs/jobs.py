"""Jobs: handlers by kind, run at least once by whichever process is free.

A handler may run again after a crash, even when it had almost finished, so it must leave the
same result when it does. What it asks for with `Again`, and what follows an unexpected error,
is a new job in the database: nothing waits in memory.
"""

import json
import logging
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from secrets import SystemRandom, token_hex
from typing import Any, NoReturn

from dashboard import logs, meters
from dashboard.contracts.errors import ProviderError
from dashboard.jobs import backoff
from dashboard.jobs.engine import LANES, Engine, Pace
from dashboard.jobs.order import Order
from dashboard.jobs.slots import Slots
from dashboard.jobs.stats import JobStats
from dashboard.settings import Settings
from dashboard.store.base import Session, Store

__all__ = ["Again", "Job", "JobStats", "Jobs", "Pace"]

log = logging.getLogger(__name__)

ATTEMPTS = 12
NO_DELAY = timedelta(0)
# A job whose key is busy in another lane looks again after about this long; one that finds no
# place for its group after longer and longer, since a vendor that hangs does so for a while.
BUSY_SECONDS = 0.75
BUSY_LONGEST = 16.0


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
        self._slots = Slots(LANES)
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

    def enqueue(  # noqa: PLR0913 - the options of a job, all by name
        self,
        kind: str,
        args: dict[str, Any],
        *,
        key: str = "",
        group: str = "",
        delay: timedelta = NO_DELAY,
        priority: int = 10,
        once: str = "",
    ) -> None:
        """Have a job done.

        Args:
            args: JSON values.
            key: Jobs of the same key never run at the same time, whatever their kind.
            group: Jobs that may hang together, because they call the same vendor; they never
                take all places of a process.
            priority: 1 interactive, 10 normal, 20 bulk: lanes of their own, so that the first
                never wait behind the last.
            once: A second job with this id is not taken, as long as the first is remembered
                (three days after its end).
        """
        self._engine.put(
            _order(kind, args, key=key, group=group, delay=delay, priority=priority, once=once)
        )

    def enqueue_in(  # noqa: PLR0913 - the options of a job, all by name
        self,
        session: Session,
        kind: str,
        args: dict[str, Any],
        *,
        key: str = "",
        group: str = "",
        delay: timedelta = NO_DELAY,
        priority: int = 10,
        once: str = "",
    ) -> None:
        """Have a job done if, and only if, the caller's transaction commits."""
        self._engine.put_in(
            session,
            _order(kind, args, key=key, group=group, delay=delay, priority=priority, once=once),
        )

    def start(self, role: str = "all") -> None:
        """Begin to work. In the role `web` jobs are only enqueued, others do them."""
        self._stopping.clear()
        self._engine.start(role, self._run)
        if role != "web":
            for clock in self._clocks:
                thread = threading.Thread(target=self._tick, args=clock, name=clock[0], daemon=True)
                thread.start()
                self._threads.append(thread)

    @property
    def stopping(self) -> bool:
        """True when this process is leaving: long jobs should come to a good place to stop."""
        return self._stopping.is_set()

    def stop(self) -> bool:
        """Finish what runs, for a few seconds; leave the rest to the next process.

        Returns:
            False when something still runs: `abandon` it, or wait for its own end.
        """
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads.clear()
        return self._engine.stop()

    def abandon(self) -> NoReturn:
        """Hand what `stop` left running to other processes, and end this one at once."""
        self._engine.abandon()

    def stats(self) -> JobStats:
        """What the queues hold now."""
        return self._engine.stats()

    def is_well(self) -> bool:
        """False when this process should be at work and is not."""
        return self._engine.is_well()

    def _run(self, order: Order) -> None:
        """Do a job that the engine handed over, or say in the database that it waits its turn."""
        with self._slots.taken(order.lane, order.group) as has_place:
            if not has_place:
                self._later(order, min(BUSY_LONGEST, 2.0**order.turn))
            elif self._engine.key_is_busy(order):
                self._later(order, BUSY_SECONDS)
            else:
                self._do(order)

    def _later(self, order: Order, seconds: float) -> None:
        wait = timedelta(seconds=seconds * SystemRandom().uniform(0.4, 1.6))
        self._engine.put(replace(order, turn=order.turn + 1, delay=wait))

    def _do(self, order: Order) -> None:
        job = Job(order.kind, json.loads(order.args), order.attempt, order.id)
        word = "ok"
        with logs.about(job=job.id, kind=job.kind, **_named(job)):
            try:
                self._handlers[job.kind](job)
            except Again as again:
                word = "again"
                self._engine.put(_next(order, again.after))
            except Exception as error:  # noqa: BLE001 - the door of all background work
                word = _word(error)
                self._failed(order, error)
            finally:
                meters.worked(job.kind, word)

    def _failed(self, order: Order, error: Exception) -> None:
        # Neither the message nor the arguments: both may hold secrets or personal data.
        told = _word(error)
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


def _order(kind: str, args: dict[str, Any], *, once: str, **options: Any) -> Order:
    # Hashed, since an id may be of any length and hold a vendor's words.
    name = f"once-{sha256(once.encode()).hexdigest()[:40]}" if once else token_hex(16)
    return Order(
        id=name,
        kind=kind,
        args=json.dumps(args, separators=(",", ":"), ensure_ascii=False),
        **options,
    )


def _next(order: Order, after: timedelta) -> Order:
    return replace(order, attempt=order.attempt + 1, turn=0, delay=after)


def _word(error: Exception) -> str:
    return error.code if isinstance(error, ProviderError) else type(error).__name__


def _named(job: Job) -> dict[str, str]:
    """What the job is about, for its log lines."""
    names = ("run_id", "connection_id", "delivery_id", "event_id")
    return {name: str(job.args[name]) for name in names if name in job.args}


def _place(error: BaseException) -> str:
    with suppress(IndexError):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
    return "?"
