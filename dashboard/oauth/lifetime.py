"""How long tokens live, and how far ahead of their end they are renewed.

Callers renew a token that is about to end; the schedule renews it earlier, so that callers
seldom wait, and so that a connection nobody uses does not lose its refresh token.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from dashboard import clock

AHEAD = timedelta(minutes=5)
SCHEDULED_AHEAD = timedelta(days=7)
SOONEST, LATEST = timedelta(seconds=30), timedelta(minutes=15)
# A life nobody named: what most vendors give.
USUAL_SECONDS = 3600


def end(kept: Mapping[str, str]) -> datetime | None:
    """When the access token ends; None when the vendor did not say."""
    ends = kept.get("expires_at", "")
    return datetime.fromisoformat(ends) if ends else None


def has_ended(kept: Mapping[str, str]) -> bool:
    """True once the access token is past its end."""
    ends = end(kept)
    return ends is not None and ends <= clock.now()


def is_ending(kept: Mapping[str, str]) -> bool:
    """True in the last tenth of its life, five minutes at most; never early without a refresh."""
    ends = end(kept)
    if ends is None:
        return False
    return ends - (min(AHEAD, _life(kept) / 10) if _renews(kept) else timedelta(0)) <= clock.now()


def scheduled(kept: Mapping[str, str]) -> datetime | None:
    """When the schedule renews it: in the last fifth of its life, a week ahead at most.

    Up to a quarter of that is left to chance, so that connections made together are not renewed
    together. A token that cannot be renewed is looked at when it ends.
    """
    ends = end(kept)
    if ends is None or not _renews(kept):
        return ends
    return ends - min(SCHEDULED_AHEAD, _life(kept) / 5) * _chance(0.75)


def next_try(kept: Mapping[str, str]) -> datetime:
    """When to try again after a failure: pauses shrink before the end and grow after it."""
    now = clock.now()
    pause = abs((end(kept) or now) - now) / 4
    return now + min(max(pause, SOONEST), LATEST) * _chance(0.75)


def _life(kept: Mapping[str, str]) -> timedelta:
    return timedelta(seconds=int(kept.get("lifetime") or USUAL_SECONDS))


def _renews(kept: Mapping[str, str]) -> bool:
    return bool(kept.get("refresh_token"))


def _chance(least: float) -> float:
    return least + (1 - least) * secrets.randbelow(1001) / 1000
