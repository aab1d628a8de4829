"""Processes of their own for tests: forked from one that has imported the desk already."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from dashboard.store.base import Store

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["dashboard.assembly", "dashboard.jobs.workflow", "dashboard.app"])


class Crew:
    """Living processes; each runs `body` with the arguments it was started with."""

    def __init__(self, body: Callable[..., None], *arguments: Any) -> None:
        self._body, self._arguments = body, arguments
        self.all: list[ForkServerProcess] = []

    def start(self, *more: Any) -> ForkServerProcess:
        process = _CONTEXT.Process(target=self._body, args=(*self._arguments, *more))
        process.start()
        self.all.append(process)
        return process

    @property
    def living(self) -> list[ForkServerProcess]:
        return [process for process in self.all if process.is_alive()]

    def kill_all(self) -> None:
        for process in self.living:
            process.kill()
        for process in self.all:
            process.join()


@contextmanager
def crew(body: Callable[..., None], *arguments: Any) -> Iterator[Crew]:
    """A crew that is gone when the block ends, frozen ones too."""
    made = Crew(body, *arguments)
    try:
        yield made
    finally:
        made.kill_all()


def freeze(process: ForkServerProcess, store: Store) -> None:
    """Stop a process without ending it.

    On SQLite it is stopped while we are the one who writes: frozen in the middle of its own write
    it would keep everybody else from writing until it wakes up.
    """
    with store.engine.connect() as connection:
        if not store.on_postgres:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        os.kill(process.pid or 0, signal.SIGSTOP)
        while not _is_stopped(process.pid or 0):
            time.sleep(0.001)
        connection.rollback()


def thaw(process: ForkServerProcess) -> None:
    """Let it go on."""
    os.kill(process.pid or 0, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    """Whether each of its threads stands still, some moments after the signal."""
    states = [
        task.read_text().rpartition(")")[2] for task in Path(f"/proc/{pid}").glob("task/*/stat")
    ]
    return all(state.split()[0] == "T" for state in states)
