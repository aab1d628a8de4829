"""The journal, each entry chained to the one before."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Table, now_column


class AuditEntry(Table, table=True):
    """Who did what, when, with which outcome. `outcome`: ok | refused | failed | unknown."""

    __tablename__ = "audit_entry"
    seq: int | None = Column(
        default=None,
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    at: datetime = now_column(index=True)
    actor_kind: str
    actor_id: str = ""
    actor_name: str = ""
    action: str = Column(index=True)
    agent_id: str = Column(default="", index=True)
    connection_id: str = ""
    provider: str = ""
    outcome: str = "ok"
    detail: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    vendor_request_id: str = ""
    previous_hash: str
    hash: str
