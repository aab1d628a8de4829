"""Reads about agents' fields, API tokens, staff and OAuth apps."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.agents import Agent, AgentField
from dashboard.store.base import Session
from dashboard.store.connections import Connection, OAuthApp, OAuthFlow
from dashboard.store.counting import Count, counted
from dashboard.store.staff import ApiToken, Staff


def agent(session: Session, agent_id: str) -> Agent | None:
    """One agent."""
    return session.get(Agent, agent_id)


def agent_fields(session: Session, agent_id: str) -> list[AgentField]:
    """The fields staff added to an agent, oldest first."""
    asked = select(AgentField).where(AgentField.agent_id == agent_id)
    return list(session.exec(asked.order_by(col(AgentField.id))).all())


def connected_counts(session: Session, agent_ids: Sequence[str]) -> dict[str, int]:
    """Connections of these agents that work and want nobody, by agent."""
    rows = session.exec(
        select(Connection.agent_id, sa.func.count())
        .where(
            col(Connection.agent_id).in_(agent_ids),
            col(Connection.state) == "active",
            col(Connection.error_code) == "",
        )
        .group_by(col(Connection.agent_id))
    ).all()
    return dict(rows)


def tokens(session: Session, *, offset: int, limit: int) -> list[ApiToken]:
    """Some of the API tokens, newest first, revoked ones too."""
    asked = select(ApiToken).order_by(col(ApiToken.id).desc())
    return list(session.exec(asked.offset(offset).limit(limit)).all())


def count_tokens(session: Session) -> Count:
    """How many API tokens there are, revoked ones too."""
    return counted(session, sa.select(col(ApiToken.id)))


def staff(session: Session) -> list[Staff]:
    """Staff by name."""
    return list(session.exec(select(Staff).order_by(col(Staff.name))).all())


def oauth_apps(session: Session) -> dict[str, OAuthApp]:
    """The installation's apps by provider."""
    return {app.provider: app for app in session.exec(select(OAuthApp)).all()}


def flow(session: Session, flow_id: str) -> OAuthFlow | None:
    """One trip to a consent page."""
    return session.get(OAuthFlow, flow_id)
