"""The vendors' published ceilings, kept by all workers together."""

from dashboard.contracts.errors import RateLimited
from dashboard.contracts.manifest import RateLimit
from dashboard.store import limits as rows
from dashboard.store.base import Store


class Limits:
    """Token buckets in the database.

    A bucket holds the larger half of the ceiling and the rest flows in over its period, so no
    window of that length, wherever it begins, sees more calls than the vendor allows.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, key: str, limit: RateLimit) -> None:
        """Take one call.

        Raises:
            RateLimited: The bucket is empty or blocked; `retry_after` says for how long.
        """
        size, per_second = _bucket(limit)
        with self._store.transaction() as session:
            if rows.take(session, key, size, per_second):
                return
            if rows.fill(session, key, size) and rows.take(session, key, size, per_second):
                return
            wait = rows.wait(session, key, size, per_second)
        raise RateLimited(detail="the desk's own limit", retry_after=max(wait, 0.01))

    def block(self, key: str, seconds: float) -> None:
        """Let nobody call for so long: the vendor itself said so."""
        with self._store.transaction() as session:
            rows.fill(session, key, 1.0)
            rows.block(session, key, seconds)


def _bucket(limit: RateLimit) -> tuple[float, float]:
    """Size, and what flows in each second; together never more than the ceiling in its period."""
    size = (limit.requests + 1) // 2
    rest = limit.requests - size
    seconds = limit.per.total_seconds()
    return float(size), (rest or size) / seconds
