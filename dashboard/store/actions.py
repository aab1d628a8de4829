"""Runs of agents' actions and the rules about them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column


class ActionRun(Table, table=True):
    """One action an agent asked for.

    `state`: proposed | approved | denied | running | succeeded | failed | unknown.
    `digest` is of the arguments, to tell a repeat from another request under the same key.
    """

    __tablename__ = "action_run"
    __table_args__ = (sa.UniqueConstraint("agent_id", "key"),)
    id: str = Column(default_factory=lambda: new_id("act"), primary_key=True)
    agent_id: str = Column(foreign_key="agent.id", ondelete="CASCADE")
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE", index=True)
    provider: str
    action: str
    key: str
    digest: str
    state: str = "proposed"
    arguments: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    result: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    error_code: str = ""
    error_reason: str = ""
    requested_by: str = ""
    decided_by: str = ""
    vendor_request_id: str = ""
    attempts: int = 0
    created_at: datetime = now_column()
    decided_at: datetime | None = Column(default=None, sa_type=Moment)
    started_at: datetime | None = Column(default=None, sa_type=Moment)
    finished_at: datetime | None = Column(default=None, sa_type=Moment)


class ActionRule(Table, table=True):
    """What an agent may do: allowed | approval | forbidden; no row means the default of the effect.

    Args:
        daily_limit: Runs a day, 0 for no limit.
        amount_limit: Largest amount without approval, empty for no limit.
    """

    __tablename__ = "action_rule"
    agent_id: str = Column(foreign_key="agent.id", ondelete="CASCADE", primary_key=True)
    provider: str = Column(primary_key=True)
    action: str = Column(primary_key=True)
    decision: str = "allowed"
    daily_limit: int = 0
    amount_limit: str = ""
