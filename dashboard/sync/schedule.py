"""When a connection is read next."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard.contracts.forms import EVERY_5_MINUTES, FREQUENCY, HOURLY, REAL_TIME

# Real time means webhooks; the poll is the net under them.
EVERY = {
    REAL_TIME: timedelta(minutes=15),
    EVERY_5_MINUTES: timedelta(minutes=5),
    HOURLY: timedelta(hours=1),
}
JITTER = 0.1


def next_due(settings: Mapping[str, Any], after: datetime) -> datetime:
    """The moment of the next scheduled reading, up to a tenth early or late.

    The jitter keeps connections that were made together from being read together for ever.
    """
    every = EVERY.get(str(settings.get("frequency")), EVERY[str(FREQUENCY.default)])
    return after + every * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
