"""AI agents and the fields each of them knows about a customer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Column, Json, Session, Table, new_id, now_column
from dashboard.store.connections import LIVING, Connection


class Agent(Table, table=True):
    """An AI agent. `sample` holds example values by field name, for previews."""

    __tablename__ = "agent"
    __table_args__ = (sa.Index("agent_by_name", "name", "id"),)
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


def all_agents(session: Session) -> Sequence[Agent]:
    """Every agent, the oldest first."""
    return session.exec(select(Agent).order_by(Agent.id)).all()


def agents_after(session: Session, after: str, limit: int, only: str = "") -> Sequence[Agent]:
    """Agents whose id is greater than `after`, the oldest first; `only` keeps one id."""
    rows = select(Agent).where(col(Agent.id) > after).order_by(Agent.id).limit(limit)
    return session.exec(rows.where(Agent.id == only) if only else rows).all()


def locked(session: Session, agent_id: str) -> Agent | None:
    """One agent as it is now, held until the transaction ends: against other writers of it, and
    against whoever hangs something new on it.

    On SQLite the write that changes nothing takes the lock; on PostgreSQL it would let rows that
    only refer to the agent pass, so there the reading locks.
    """
    mine = col(Agent.id) == agent_id
    touched = sa.update(Agent).where(mine).values(name=Agent.name)
    session.connection().execute(touched.execution_options(synchronize_session=False))
    found = select(Agent).where(mine).with_for_update()
    return session.exec(found.execution_options(populate_existing=True)).first()


def agent_named(session: Session, name: str) -> Agent | None:
    """An agent of exactly this name."""
    return session.exec(select(Agent).where(Agent.name == name)).first()


def fields_of(session: Session, agent_id: str) -> Sequence[AgentField]:
    """The fields staff added to an agent, in the order they were added."""
    rows = select(AgentField).where(AgentField.agent_id == agent_id)
    return session.exec(rows.order_by(AgentField.id)).all()


def delete_agent(session: Session, agent_id: str) -> None:
    """Delete an agent and, by the tables' own rules, all that hangs on it."""
    session.exec(sa.delete(Agent).where(col(Agent.id) == agent_id))


def delete_field(session: Session, field_id: str) -> None:
    """Delete a field staff added."""
    session.exec(sa.delete(AgentField).where(col(AgentField.id) == field_id))


def linked_providers(session: Session, agent_id: str) -> Sequence[str]:
    """Providers an agent has a connection to that is not disconnected, by name."""
    rows = select(Connection.provider).where(Connection.agent_id == agent_id, LIVING)
    return session.exec(rows.order_by(Connection.provider)).all()
