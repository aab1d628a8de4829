"""AI agents and the fields each of them knows about a customer."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Table, new_id, now_column


class Agent(Table, table=True):
    """An AI agent. `sample` holds example values by field name, for previews."""

    __tablename__ = "agent"
    id: str = Column(default_factory=lambda: new_id("agt"), primary_key=True)
    name: str
    sample: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    created_at: datetime = now_column()


class AgentField(Table, table=True):
    """A field staff added to one agent. `type`: text | number | date | boolean."""

    __tablename__ = "agent_field"
    __table_args__ = (sa.UniqueConstraint("agent_id", "name"),)
    id: str = Column(default_factory=lambda: new_id("fld"), primary_key=True)
    agent_id: str = Column(foreign_key="agent.id", ondelete="CASCADE")
    name: str
    label: str
    type: str = "text"
    created_at: datetime = now_column()
