"""When a delivery is tried again: ten tries over about three days."""

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
    return max(planned, min(timedelta(seconds=retry_after), LONGEST_ASKED))
