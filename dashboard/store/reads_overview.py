"""Reads behind the start page: agents, and one agent's connections."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.agents import Agent
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.sync import SyncRun

BUSY = ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class Linked:
    """A connection, and whether a sync of it is under way."""

    connection: Connection
    busy: bool


def agents(session: Session) -> list[Agent]:
    """All agents, by name."""
    return list(session.exec(select(Agent).order_by(Agent.name)).all())


def linked(session: Session, agent_id: str) -> list[Linked]:
    """The agent's connections that are not disconnected."""
    rows = session.exec(
        select(Connection, _busy()).where(
            Connection.agent_id == agent_id, Connection.state != "disconnected"
        )
    ).all()
    return [Linked(connection=connection, busy=bool(busy)) for connection, busy in rows]


def everywhere(session: Session) -> list[Linked]:
    """All connections of all agents that are not disconnected."""
    rows = session.exec(select(Connection, _busy()).where(Connection.state != "disconnected")).all()
    return [Linked(connection=connection, busy=bool(busy)) for connection, busy in rows]


def connection(session: Session, connection_id: str) -> Connection | None:
    """One connection, disconnected ones too."""
    return session.get(Connection, connection_id)


def living(session: Session, agent_id: str, provider: str) -> Connection | None:
    """The agent's connection to a provider that is not disconnected."""
    return session.exec(
        select(Connection).where(
            Connection.agent_id == agent_id,
            Connection.provider == provider,
            Connection.state != "disconnected",
        )
    ).first()


def _busy() -> sa.Exists:
    return (
        sa.exists()
        .where(
            col(SyncRun.connection_id) == col(Connection.id),
            col(SyncRun.state).in_(BUSY),
            col(SyncRun.retry_at).is_(None),
        )
        .correlate(sa.inspect(Connection).local_table)
    )
