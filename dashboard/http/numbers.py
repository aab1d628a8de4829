"""The numbers that Prometheus reads: of the database for all processes, and of this process."""

import threading
import time
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from dashboard import meters
from dashboard.assembly import Dashboard
from dashboard.jobs import JobStats
from dashboard.queries.for_api import ForApi

# Counting walks through whole indexes; several scrapers at once shall not do it anew.
FRESH_SECONDS = 10.0
Counts = Mapping[str, Mapping[str, int]]


class Numbers:
    """Everything that is counted; no secrets, no personal data, no names of accounts."""

    def __init__(self, desk: Dashboard) -> None:
        self._desk, self._asks = desk, ForApi(desk.store)
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._held: tuple[JobStats, Counts] | None = None

    def text(self) -> bytes:
        """In Prometheus's own format."""
        registry = CollectorRegistry()
        registry.register(_Collected(*self._counted()))
        return generate_latest(registry) + generate_latest(meters.REGISTRY)

    def _counted(self) -> tuple[JobStats, Counts]:
        with self._lock:
            if self._held is None or time.monotonic() - self._read_at > FRESH_SECONDS:
                self._held = (self._desk.jobs.stats(), self._asks.counts())
                self._read_at = time.monotonic()
            return self._held


class _Collected:
    """Gauges made of what was just read."""

    def __init__(self, stats: JobStats, counts: Counts) -> None:
        self._stats, self._counts = stats, counts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each gauge with its labels."""
        yield from _queues(self._stats)
        for name, by_state in self._counts.items():
            gauge = GaugeMetricFamily(f"integrations_{name}", "Rows by state.", labels=["state"])
            for state, count in by_state.items():
                gauge.add_metric([state], count)
            yield gauge


def _queues(stats: JobStats) -> Iterator[GaugeMetricFamily]:
    jobs = GaugeMetricFamily("integrations_jobs", "By queue and state.", labels=["lane", "state"])
    waits = GaugeMetricFamily(
        "integrations_job_wait_seconds", "Of the longest-waiting job.", labels=["lane"]
    )
    for name, lane in stats.lanes.items():
        for state in ("queued", "running", "delayed", "dead"):
            jobs.add_metric([name, state], getattr(lane, state))
        waits.add_metric([name], lane.oldest_seconds)
    yield from (jobs, waits)
    for name, value, told in (
        ("workers_alive", stats.workers, "Processes that do jobs."),
        ("processes_alive", len(stats.executors), "Processes heard of lately."),
        ("lag_seconds", stats.lag_seconds, "Of the longest-waiting job or due connection."),
    ):
        yield GaugeMetricFamily(f"integrations_{name}", told, value=value)
