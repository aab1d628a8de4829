"""Versions of the field mappings."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Table, new_id, now_column


class MappingVersion(Table, table=True):
    """The mapping of one stream as it was saved; the highest version is in force."""

    __tablename__ = "mapping_version"
    __table_args__ = (sa.UniqueConstraint("connection_id", "stream", "version"),)
    id: str = Column(default_factory=lambda: new_id("map"), primary_key=True)
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE")
    stream: str
    version: int
    rows: list[dict[str, Any]] = Column(default_factory=list, sa_type=Json)
    author: str = ""
    created_at: datetime = now_column()
