"""How long to wait before another try."""

import random
from datetime import timedelta

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 900.0


def pause(attempt: int) -> timedelta:
    """A random pause after the attempt of that number, counted from 1.

    Exponential, the upper half of it random: many jobs that failed together do not come back
    together, and none uses up its tries within a short outage.
    """
    ceiling = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(max(attempt, 1) - 1, 20))
    return timedelta(seconds=random.uniform(ceiling / 2, ceiling))  # noqa: S311 - no secret
