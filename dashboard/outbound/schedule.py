"""When a delivery is tried again: ten tries over about three days.

The pauses are those of the Standard Webhooks specification 1.0.0 (read 2026-11-24).
"""

import random
from datetime import timedelta

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2
LONGEST_ASKED = timedelta(hours=24)


def pause_after(attempts: int, retry_after: float = 0.0) -> timedelta | None:
    """How long to wait after that many failed tries; None when it is time to give up.

    Args:
        retry_after: Seconds the receiver asked for; a lower bound, at most a day.
    """
    if attempts > len(PAUSES):
        return None
    planned = PAUSES[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    if not retry_after:
        return planned
    return max(planned, min(spread(retry_after), LONGEST_ASKED))


def spread(seconds: float) -> timedelta:
    """At least so long and at least a second; those who wait together do not come together."""
    return timedelta(seconds=max(seconds, 1.0) * random.uniform(1, 1 + JITTER))  # noqa: S311
