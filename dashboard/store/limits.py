"""Token buckets: the vendors' limits, obeyed by every worker together."""

from dashboard.store.base import Column, Table


class Bucket(Table, table=True):
    """What is left for one vendor account. `level` in requests, `at` in Unix seconds."""

    __tablename__ = "bucket"
    key: str = Column(primary_key=True)
    level: float
    at: float
    blocked_until: float = 0
