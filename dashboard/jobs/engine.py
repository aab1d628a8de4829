"""DBOS behind the port: queues in the desk's own database, and what DBOS leaves to others.

Three things are ours: a process that died is noticed by its missing heartbeat and its jobs are
handed on; finished jobs are deleted; the application's version is pinned, so that an update
does not strand queued work.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

from dashboard import clock
from dashboard.jobs import stats
from dashboard.jobs.order import WORKFLOW, Order
from dashboard.jobs.stats import JobStats
from dashboard.store import executors as rows
from dashboard.store.base import Session, Store
from dashboard.store.due import Work, late

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

log = logging.getLogger(__name__)

APPLICATION = "integrations-desk"
# Bump only when queued work can no longer be done by new code.
VERSION = "1"
LOST_EXIT_CODE = 70
KEEP_DONE = timedelta(hours=1)
KEEP_ONCE = timedelta(days=3)
KEEP_DEAD = timedelta(days=14)
# Lane -> how many of its jobs one process runs at a time. Every job has a partition, its key
# or its own id, and of each partition one job runs at a time in the whole installation.
LANES = {"interactive": 8, "normal": 24, "bulk": 32}
THREADS = sum(LANES.values()) + 4


@dataclass(frozen=True)
class Pace:
    """Seconds: between looks into a queue, between heartbeats, until a process counts as dead."""

    interactive: float = 0.2
    normal: float = 0.4
    bulk: float = 0.5
    beat: float = 2.0
    dead: float = 10.0
    grace: float = 8.0


class Engine:
    """One process's share of the job engine."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self._store, self._pace = store, pace
        self._lock = threading.Lock()
        self._client: DBOSClient | None = None
        self._id = ""
        self._stopping, self._launched = threading.Event(), threading.Event()
        self._keeper: threading.Thread | None = None
        self._running = 0
        self._idle = threading.Condition()
        self._work: Callable[[Order], None] | None = None

    @property
    def executor(self) -> str:
        """The name of this process start; empty when it does not take part."""
        return self._id

    # --- enqueueing -----------------------------------------------------------------------

    def put(self, order: Order) -> None:
        """Keep an order."""
        self._ready().enqueue(_options(order), order.packed())

    def put_in(self, session: Session, order: Order) -> None:
        """Keep an order in the caller's transaction."""
        self._ready().enqueue_in_transaction(session, _options(order), order.packed())

    def key_is_busy(self, order: Order) -> bool:
        """True while a job of the same key runs in another lane.

        Within a lane the engine itself runs one job of a key at a time. Across lanes each job
        is marked as running before it asks here, so of two at least one sees the other.
        """
        if not order.key:
            return False
        with self._store.transaction() as session:
            return rows.is_running(session, order.key, order.workflow_id)

    def stats(self) -> JobStats:
        """What the queues hold now, and which processes live."""
        self._ready()
        with self._store.transaction() as session:
            return stats.told(
                rows.standings(session),
                rows.living(session, self._pace.dead),
                LANES,
                late(session, Work.READING, clock.now()),
            )

    def is_well(self) -> bool:
        """False when this process has begun to work and its heartbeat has stopped."""
        return self._keeper is None or self._stopping.is_set() or self._keeper.is_alive()

    def _ready(self) -> "DBOSClient":
        with self._lock:
            if self._client is None:
                from dbos import DBOSClient

                self._client = DBOSClient(
                    system_database_engine=self._store.engine, application_name=APPLICATION
                )
            return self._client

    # --- working --------------------------------------------------------------------------

    def start(self, role: str, work: Callable[[Order], None]) -> None:
        """Join the working processes.

        Raises:
            RuntimeError: Another engine works in this process; DBOS allows one.
        """
        from dashboard.jobs import workflow

        self._ready()
        workflow.occupy(self.run)
        self._work = work
        self._stopping.clear()
        self._id = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"
        # Before the launch: whatever runs must belong to a process known to live, and a launch
        # may take longer than others wait for a heartbeat.
        with self._store.transaction() as session:
            rows.join(session, self._id, role)
        self._keeper = threading.Thread(target=self._keep, daemon=True, name="jobs-keeper")
        self._keeper.start()
        _apart(lambda: self._launch(role))
        self._launched.set()

    def _launch(self, role: str) -> None:
        from dbos import DBOS

        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._store.engine,
                "executor_id": self._id,
                "application_version": VERSION,
                "max_executor_threads": THREADS,
                "use_listen_notify": False,
                "log_level": "WARNING",
            }
        )
        if role == "web":
            DBOS.listen_queues([])
        DBOS.launch()
        for lane, width in LANES.items():
            DBOS.register_queue(
                lane,
                worker_concurrency=width,
                partition_concurrency=1,
                polling_interval_sec=getattr(self._pace, lane),
            )

    def run(self, order: Order) -> None:
        """Do one order; called by the engine's threads."""
        with self._idle:
            self._running += 1
        try:
            if self._work is not None:
                self._work(order)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def stop(self) -> bool:
        """Leave: take nothing new, wait for what runs, hand over the rest.

        Returns:
            False when a handler outlives the patience. Then the row grows old by itself, and
            only after that others take its job over.
        """
        from dashboard.jobs import workflow

        if not self._id:
            return True
        self._stopping.set()
        self._launched.clear()
        if self._keeper is not None:
            self._keeper.join(timeout=5)
        workflow.take_no_more()
        with self._idle:
            finished = self._idle.wait_for(lambda: self._running == 0, self._pace.grace)
        _apart(workflow.leave)
        if finished:
            self._forget()
        self._client = None
        return finished

    def abandon(self) -> NoReturn:
        """Let others have at once what still runs here, and end this process."""
        if self._id:
            self._forget()
        os._exit(0)

    def _forget(self) -> None:
        with self._store.transaction() as session:
            rows.leave(session, self._id)
        self._id = ""

    # --- what DBOS leaves to others ---------------------------------------------------------

    def _keep(self) -> None:
        purge_at = time.monotonic() + 60
        while not self._stopping.wait(self._pace.beat):
            try:
                self._beat()
                if time.monotonic() > purge_at:
                    purge_at = time.monotonic() + 600
                    self._purge()
            except Exception as error:  # noqa: BLE001 - the next beat must come
                log.warning("jobs keeper failed error=%s", type(error).__name__)

    def _beat(self) -> None:
        """Say that this process lives, and hand on the jobs of those that do not."""
        with self._store.transaction() as session:
            alive = rows.beat(session, self._id)
            rows.condemn(session, self._pace.dead)
            dead = rows.dead(session)
        if not alive:
            # Others took this process for dead and do its jobs: it must not go on with them.
            log.error("this process was declared dead and ends executor=%s", self._id)
            os._exit(LOST_EXIT_CODE)
        for executor in dead if self._launched.is_set() else ():
            self._take_over(executor)

    def _take_over(self, executor: str) -> None:
        """Queue a dead process's jobs again; until its row is gone, anybody may do so once more.

        The row goes last: a process that dies in between leaves the rest to the next one.
        """
        from dbos import DBOS

        log.warning("jobs of a dead process are taken over executor=%s", executor)
        DBOS._recover_pending_workflows([executor])  # noqa: SLF001 - no public way exists
        with self._store.transaction() as session:
            rows.leave(session, executor)

    def _purge(self) -> None:
        client = self._ready()
        while not self._stopping.is_set():
            with self._store.transaction() as session:
                old = rows.finished(session, KEEP_DONE, KEEP_ONCE, KEEP_DEAD)
            if not old:
                return
            client.delete_workflows(old)


def _options(order: Order) -> "EnqueueOptions":
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": order.lane,
        "workflow_id": order.workflow_id,
        "queue_partition_key": order.key or order.workflow_id,
        "priority": max(1, order.priority),
    }
    if order.delay > timedelta(0):
        options["delay_seconds"] = order.delay.total_seconds()
    return options


def _apart(work: Callable[[], Any]) -> None:
    """Run in a thread of its own: the engine refuses threads with a running event loop."""
    failed: list[BaseException] = []

    def body() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
