"""Reads of the journal and of runs of actions."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.actions import ActionRule, ActionRun
from dashboard.store.audit import AuditEntry
from dashboard.store.base import Session
from dashboard.store.caseless import holds
from dashboard.store.counting import Count, counted


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a reader of the journal looks for; empty means all."""

    action: str = ""
    outcome: str = ""
    provider: str = ""
    agent_id: str = ""
    connection_id: str = ""
    who: str = ""
    since: datetime | None = None
    before: int | None = None


def entries(session: Session, wanted: Wanted, limit: int) -> list[AuditEntry]:
    """Entries newest first; `before` is the smallest seq already seen."""
    asked = select(AuditEntry).where(*_conditions(session, wanted))
    if wanted.before is not None:
        asked = asked.where(col(AuditEntry.seq) < wanted.before)
    return list(session.exec(asked.order_by(col(AuditEntry.seq).desc()).limit(limit)).all())


def count(session: Session, wanted: Wanted) -> Count:
    """How many entries match, whatever `before` says."""
    return counted(session, sa.select(col(AuditEntry.seq)).where(*_conditions(session, wanted)))


def actions(session: Session) -> list[str]:
    """Words of everything that was ever done; from one to the next in the index, not by reading."""
    word = col(AuditEntry.action)
    step = sa.select(sa.func.min(word).label("word")).cte("step", recursive=True)
    following = sa.select(sa.func.min(word)).where(word > step.c.word).scalar_subquery()
    step = step.union_all(sa.select(following).where(step.c.word.is_not(None)))
    found = sa.select(step.c.word).where(step.c.word.is_not(None))
    return sorted(session.connection().execute(found).scalars())


def runs(
    session: Session, agent_id: str, *, states: tuple[str, ...], limit: int
) -> list[ActionRun]:
    """An agent's action runs, newest first; no states means all."""
    asked = select(ActionRun).where(ActionRun.agent_id == agent_id)
    if states:
        asked = asked.where(col(ActionRun.state).in_(states))
    return list(session.exec(asked.order_by(col(ActionRun.id).desc()).limit(limit)).all())


def waiting_counts(session: Session, agent_id: str) -> dict[str, int]:
    """How many runs wait for a person, by state; an empty agent means all."""
    asked = select(ActionRun.state, sa.func.count()).where(
        col(ActionRun.state).in_(("proposed", "unknown"))
    )
    if agent_id:
        asked = asked.where(ActionRun.agent_id == agent_id)
    found = dict(session.exec(asked.group_by(ActionRun.state)).all())
    return {state: found.get(state, 0) for state in ("proposed", "unknown")}


def rule(session: Session, agent_id: str, provider: str, action: str) -> ActionRule | None:
    """What the agent may do with one action, where staff said so."""
    return session.get(ActionRule, (agent_id, provider, action))


def _conditions(session: Session, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    named = ("action", "outcome", "provider", "agent_id", "connection_id")
    found = [
        col(getattr(AuditEntry, name)) == getattr(wanted, name)
        for name in named
        if getattr(wanted, name)
    ]
    if wanted.who:
        found += holds(session, col(AuditEntry.actor_name), [wanted.who])
    if wanted.since:
        found.append(col(AuditEntry.at) >= wanted.since)
    return found
