"""What this process has counted since its start; the rest of the numbers are in the database."""

import os
import socket

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
PROCESS = f"{socket.gethostname()}-{os.getpid()}"
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_requests = Histogram(
    "integrations_request_seconds",
    "Answers of this process by door and status class.",
    ["process", "door", "status"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_vendor_calls = Histogram(
    "integrations_vendor_call_seconds",
    "Calls to vendors by this process; `word` is ok or the kind of failure.",
    ["process", "provider", "word"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_jobs = Counter(
    "integrations_jobs_done",
    "Jobs that this process has run; `word` is ok, again or the kind of failure.",
    ["process", "kind", "word"],
    registry=REGISTRY,
)


def answered(door: str, status: int, seconds: float) -> None:
    """One request was answered."""
    _requests.labels(PROCESS, door, f"{status // 100}xx").observe(seconds)


def called(provider: str, word: str, seconds: float) -> None:
    """A vendor was called."""
    _vendor_calls.labels(PROCESS, provider, word).observe(seconds)


def worked(kind: str, word: str) -> None:
    """A job was run."""
    _jobs.labels(PROCESS, kind, word).inc()
