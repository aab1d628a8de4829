"""When a connection is to be read, or asked whether it lives, next."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard import clock
from dashboard.contracts.forms import EVERY_5_MINUTES, HOURLY, REAL_TIME
from dashboard.contracts.manifest import Manifest

# Real time means webhooks; the poll only catches what a lost webhook did not tell.
PAUSES = {
    REAL_TIME: timedelta(minutes=15),
    EVERY_5_MINUTES: timedelta(minutes=5),
    HOURLY: timedelta(hours=1),
}
# How often the vendor is asked whether the connection lives: usually, and after a failure.
PROBE_EVERY, PROBE_SOON = timedelta(hours=1), timedelta(minutes=5)
JITTER = 0.1


def enabled_streams(manifest: Manifest, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the streams that are switched on and can be read."""
    return tuple(
        stream.name
        for stream in manifest.streams
        if not stream.events_only and (not stream.enabled_by or settings.get(stream.enabled_by))
    )


def next_due(manifest: Manifest, settings: Mapping[str, Any]) -> datetime | None:
    """The moment of the next reading; None when nothing is read."""
    if not enabled_streams(manifest, settings):
        return None
    pause = PAUSES.get(str(settings.get("frequency", REAL_TIME)), PAUSES[REAL_TIME])
    return jittered(pause)


def jittered(pause: timedelta) -> datetime:
    """After the pause, a tenth earlier or later, so that what began together does not stay so."""
    part = 1 + JITTER * (2 * secrets.randbelow(1001) / 1000 - 1)
    return clock.now() + pause * part
