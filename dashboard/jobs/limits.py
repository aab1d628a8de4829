"""The vendors' published ceilings, kept by all workers together."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from dashboard.contracts.errors import RateLimited
from dashboard.contracts.manifest import RateLimit
from dashboard.store import limits as rows
from dashboard.store.base import Session, Store

# A call may reach the vendor this much later than it was taken, and a slice may be used this much
# later than it was taken out: parts of the period, and at most so long.
ON_THE_WAY, LONGEST_WAY = 0.1, timedelta(seconds=1)
SLICE_LASTS, LONGEST_SLICE = 0.1, timedelta(seconds=1)
SLICE = 4
MOST_SLICES = 1000
FORGET_AT_ONCE = 500
# Longer than the turn of a few neighbours, shorter than any vendor's own block.
PATIENCE_SECONDS = 3.0


class Share(StrEnum):
    """Who asks: somebody waits for the answer, or it is work that may as well be done later."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


# Threads of a process that may wait for one bucket, so that one account never holds them all.
MOST_WAITING = {Share.INTERACTIVE: 8, Share.BULK: 2}


class Full(RateLimited):
    """Our own bucket has nothing for now; the vendor has said nothing."""

    @classmethod
    def word(cls) -> str:
        """People see no difference."""
        return RateLimited.word()


@dataclass(frozen=True)
class Bucket:
    """How much may be taken at once, and what flows in each second.

    In any period, wherever it begins, the vendor sees fewer than `size + per_second * window`
    requests, where the window is the period and the time a request may be on its way: the sum is
    one more than the ceiling.

    Args:
        reserve: What bulk work leaves for those who wait.
        slice_size: How much is taken out at once while nobody else asks.
    """

    size: float
    per_second: float
    reserve: float = 0.0
    slice_size: int = 1
    slice_seconds: float = 0.0


def of_vendor(limit: RateLimit) -> Bucket:
    """A third of the ceiling may go at once, a quarter of that only to those who wait."""
    per = limit.per.total_seconds()
    size = max(1, round(limit.requests / 3))
    lasts = min(per * SLICE_LASTS, LONGEST_SLICE.total_seconds())
    window = per + lasts + min(per * ON_THE_WAY, LONGEST_WAY.total_seconds())
    return Bucket(
        size=float(size),
        per_second=(limit.requests + 1 - size) / window,
        reserve=float(-(-size // 4)) if size > 1 else 0.0,
        slice_size=min(SLICE, max(1, size // 2)),
        slice_seconds=lasts,
    )


def of_people(limit: RateLimit, at_once: int) -> Bucket:
    """So many at once, and never more than the ceiling in any of its periods."""
    per_second = (limit.requests + 1 - at_once) / limit.per.total_seconds()
    return Bucket(size=float(at_once), per_second=per_second)


@dataclass
class _Slice:
    """What this process has taken out and not used yet."""

    left: int
    until: float


class Limits:
    """Token buckets in the database, by the database's clock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._slices: dict[str, _Slice] = {}
        self._slicing = threading.Lock()
        self._waiting: Counter[tuple[str, Share]] = Counter()

    def take(self, key: str, bucket: Bucket, share: Share = Share.INTERACTIVE) -> None:
        """Take one call.

        Raises:
            Full: The bucket is empty or blocked; `retry_after` says for how long.
        """
        if self._from_slice(key):
            return
        began = time.monotonic()
        least = 1.0 + (bucket.reserve if share is Share.BULK else 0.0)
        with self._store.unsynced() as session:
            got = _taken(session, key, bucket, least)
            if not got and rows.fill(session, key, bucket.size):
                got = _taken(session, key, bucket, least)
            shape = (bucket.size, bucket.per_second)
            wait = 0.0 if got else rows.wait(session, key, shape, least)
        if not got:
            # Work that may wait looks again a little later than somebody who may not.
            late = 0.25 / bucket.per_second if share is Share.BULK else 0.0
            raise Full(detail="the desk's own limit", retry_after=max(wait + late, 0.01))
        if got > 1:
            self._keep(key, _Slice(got - 1, began + bucket.slice_seconds))

    def wait_for(self, key: str, bucket: Bucket, share: Share = Share.INTERACTIVE) -> None:
        """Take one call, waiting a little when its turn comes soon.

        Raises:
            Full: As `take`, when that is later, or enough others wait here already.
        """
        try:
            return self.take(key, bucket, share)
        except Full as early:
            late = early
        with self._in_line(key, share) as admitted:
            ends = time.monotonic() + PATIENCE_SECONDS
            while admitted and time.monotonic() + late.retry_after <= ends:
                time.sleep(late.retry_after)
                try:
                    return self.take(key, bucket, share)
                except Full as again:
                    late = again
        raise late

    def block(self, key: str, seconds: float) -> None:
        """Let nobody call for so long: the vendor itself said so."""
        with self._slicing:
            self._slices.pop(key, None)
        with self._store.unsynced() as session:
            rows.fill(session, key, 1.0)
            rows.block(session, key, seconds)

    def forget_idle(self) -> None:
        """Drop the buckets that nobody has used for days."""
        with self._store.transaction() as session:
            if old := rows.idle(session, FORGET_AT_ONCE):
                rows.forget(session, old)

    @contextmanager
    def _in_line(self, key: str, share: Share) -> Iterator[bool]:
        line = (key, share)
        with self._slicing:
            admitted = self._waiting[line] < MOST_WAITING[share]
            self._waiting[line] += 1
        try:
            yield admitted
        finally:
            with self._slicing:
                self._waiting[line] -= 1
                if not self._waiting[line]:
                    del self._waiting[line]

    def _from_slice(self, key: str) -> bool:
        with self._slicing:
            mine = self._slices.get(key)
            if mine is None:
                return False
            mine.left -= 1
            if mine.left <= 0 or mine.until < time.monotonic():
                del self._slices[key]
            return mine.until >= time.monotonic()

    def _keep(self, key: str, new: _Slice) -> None:
        now = time.monotonic()
        with self._slicing:
            if len(self._slices) > MOST_SLICES:
                self._slices = {k: one for k, one in self._slices.items() if one.until > now}
            self._slices[key] = new


def _taken(session: Session, key: str, bucket: Bucket, least: float) -> int:
    """How many were taken: a slice when nobody else asks, otherwise one or none."""
    shape = (bucket.size, bucket.per_second)
    if bucket.slice_size > 1 and rows.take(session, key, shape, bucket.slice_size, bucket.size):
        return bucket.slice_size
    return int(rows.take(session, key, shape, 1, least))
