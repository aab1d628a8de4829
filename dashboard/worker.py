"""A process that only works."""

import logging
import signal
import threading

from dashboard import logs
from dashboard.assembly import Dashboard

logger = logging.getLogger(__name__)


def work(desk: Dashboard) -> None:
    """Work until SIGTERM or Ctrl-C; running jobs are finished or given back."""
    logs.configure(desk.settings.log_level)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    desk.jobs.start("worker")
    logger.info("working")
    try:
        stop.wait()
    finally:
        logger.info("leaving")
        desk.jobs.stop()
        desk.store.close()
