"""A process that only works."""

import gc
import logging
import signal
import threading

from prometheus_client import start_http_server

from dashboard import logs, meters
from dashboard.assembly import Dashboard

logger = logging.getLogger(__name__)


def work(desk: Dashboard) -> None:
    """Work until SIGTERM or Ctrl-C; running jobs are finished or given back."""
    logs.configure(desk.settings.log_level, desk.settings.log_format)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    if desk.settings.metrics_port:
        start_http_server(
            desk.settings.metrics_port, desk.settings.metrics_host, registry=meters.REGISTRY
        )
    desk.jobs.start("worker")
    # What is loaded now stays: no collection walks it again.
    gc.collect()
    gc.freeze()
    logger.info("working")
    try:
        stop.wait()
    finally:
        logger.info("leaving")
        finished = desk.jobs.stop()
        if not finished:
            desk.jobs.abandon()
        desk.store.close()
