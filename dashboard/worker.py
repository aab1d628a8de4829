"""A process that only works."""

import signal
import threading

from dashboard.assembly import Dashboard


def work(desk: Dashboard) -> None:
    """Work until SIGTERM or Ctrl-C; running jobs are finished or given back."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    desk.jobs.start("worker")
    try:
        stop.wait()
    finally:
        desk.jobs.stop()
        desk.store.close()
