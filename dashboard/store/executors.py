"""Processes that work, and when each was last heard of."""

from dashboard.store.base import Column, Table


class Executor(Table, table=True):
    """One process start. `beat` is Unix seconds by the database's clock."""

    __tablename__ = "executor"
    id: str = Column(primary_key=True)
    role: str = "all"
    beat: float = 0
