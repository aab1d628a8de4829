"""Reads behind the start page: agents, and one agent's connections."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.actions import OPEN, ActionRun
from dashboard.store.agents import Agent
from dashboard.store.base import Session
from dashboard.store.caseless import holds
from dashboard.store.connections import Connection
from dashboard.store.counting import COUNTED, Count, counted
from dashboard.store.sync import SyncRun

_LINE = (col(Agent.id), col(Agent.name), col(Agent.created_at))
_BY_NAME = (col(Agent.name), col(Agent.id))
BUSY = ("queued", "running")
# Runs that only a person can bring further; asked together with OPEN, which has an index.
UNDECIDED = ("proposed", "unknown")


@dataclass(frozen=True, kw_only=True)
class Linked:
    """A connection, and whether a sync of it is under way."""

    connection: Connection
    busy: bool


class AgentLine(NamedTuple):
    """What lists show of an agent."""

    id: str
    name: str
    created_at: datetime


def agent_names(session: Session, words: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """Id and name of the first agents by name, of those whose name has all the words."""
    asked = sa.select(col(Agent.id), col(Agent.name)).where(*_named(session, words))
    rows = session.connection().execute(asked.order_by(*_BY_NAME).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def count_agents(session: Session, words: Sequence[str], most: int = COUNTED) -> Count:
    """How many agents have all the words in their name."""
    return counted(session, sa.select(col(Agent.id)).where(*_named(session, words)), most)


def names_of(session: Session, agent_ids: Iterable[str]) -> dict[str, str]:
    """Names of those of these agents that exist, by id."""
    # They may stand in an address, where somebody may write what no database takes.
    ids = {one for one in agent_ids if one.isprintable()}
    asked = sa.select(col(Agent.id), col(Agent.name)).where(col(Agent.id).in_(ids))
    return {row[0]: row[1] for row in session.connection().execute(asked)}


def agents_page(
    session: Session, words: Sequence[str], *, offset: int, limit: int
) -> list[AgentLine]:
    """Some of the agents whose name has all the words, by name."""
    asked = sa.select(*_LINE).where(*_named(session, words)).order_by(*_BY_NAME)
    rows = session.connection().execute(asked.offset(offset).limit(limit))
    return [AgentLine(*row) for row in rows]


def linked(session: Session, agent_id: str) -> list[Linked]:
    """The agent's connections that are not disconnected."""
    rows = session.exec(
        select(Connection, _busy()).where(
            Connection.agent_id == agent_id, Connection.state != "disconnected"
        )
    ).all()
    return [Linked(connection=connection, busy=bool(busy)) for connection, busy in rows]


def of_agents(session: Session, agent_ids: Sequence[str]) -> list[Linked]:
    """All connections of these agents that are not disconnected."""
    theirs = (col(Connection.agent_id).in_(agent_ids), Connection.state != "disconnected")
    rows = session.exec(select(Connection, _busy()).where(*theirs)).all()
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


def undecided(session: Session, limit: int) -> list[ActionRun]:
    """Runs of all agents that wait for a person, the longest-waiting first."""
    asked = select(ActionRun).where(OPEN, col(ActionRun.state).in_(UNDECIDED))
    return list(session.exec(asked.order_by(col(ActionRun.created_at)).limit(limit)).all())


def count_undecided(session: Session, most: int) -> int:
    """How many runs wait for a person; counting stops at `most`."""
    waiting = sa.select(col(ActionRun.id)).where(OPEN, col(ActionRun.state).in_(UNDECIDED))
    return counted(session, waiting, most).number


def _named(session: Session, words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    return holds(session, col(Agent.name), words)


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
