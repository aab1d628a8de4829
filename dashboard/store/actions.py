"""Runs of agents' actions and the rules about them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column
from dashboard.store.connections import Connection
from dashboard.store.executors import DEAD, Executor

OPEN = sa.text("state IN ('proposed', 'approved', 'running', 'unknown')")


class ActionRun(Table, table=True):
    """One action an agent asked for.

    `state`: proposed | approved | denied | running | succeeded | failed | unknown.
    `digest` is of the arguments, to tell a repeat from another request under the same key.
    `requested_token` is the id of the API token that asked; empty when it was a person or the desk.
    `executor` is the process that has it in hand; empty for one that is not known to the engine.
    """

    __tablename__ = "action_run"
    __table_args__ = (
        sa.UniqueConstraint("agent_id", "key"),
        sa.Index(
            "action_run_open", "state", "created_at", sqlite_where=OPEN, postgresql_where=OPEN
        ),
    )
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
    requested_token: str = ""
    decided_by: str = ""
    vendor_request_id: str = ""
    attempts: int = 0
    executor: str = ""
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


_RUNS: sa.Table = ActionRun.__table__  # type: ignore[attr-defined]
_RULES: sa.Table = ActionRule.__table__  # type: ignore[attr-defined]
_NAMES = tuple(column.name for column in _RUNS.c)
_ENDED = ("state", "result", "error_code", "error_reason", "vendor_request_id", "finished_at")
# Built once: every action runs these.
_CLAIM = {
    name: kind.insert(_RUNS).on_conflict_do_nothing().returning(_RUNS.c.id)
    for name, kind in (("sqlite", sqlite), ("postgresql", postgresql))
}
_END = (
    sa.update(_RUNS)
    .where(_RUNS.c.id == sa.bindparam("run"), _RUNS.c.state == sa.bindparam("held"))
    .values({name: sa.bindparam(f"new_{name}") for name in _ENDED})
)
_LIMIT = sa.select(_RULES.c.daily_limit).where(
    _RULES.c.agent_id == sa.bindparam("agent"),
    _RULES.c.provider == sa.bindparam("vendor"),
    _RULES.c.action == sa.bindparam("word"),
)


def claim(session: Session, run: ActionRun) -> bool:
    """Insert the run, unless the agent has used its key before; False then."""
    connection = session.connection()
    values = {name: getattr(run, name) for name in _NAMES}
    # Not by rowcount: PostgreSQL's driver gives none for an insert.
    return connection.execute(_CLAIM[connection.dialect.name], values).first() is not None


def end(session: Session, run: ActionRun, held: str) -> bool:
    """Write how a run ended, when it still is in the state `held`; False when it is past that."""
    new = {f"new_{name}": getattr(run, name) for name in _ENDED}
    ended = session.connection().execute(_END, {"run": run.id, "held": held, **new})
    return ended.rowcount == 1


def run_by_key(session: Session, agent_id: str, key: str) -> ActionRun | None:
    """The run an agent asked for under this key."""
    found = select(ActionRun).where(_RUNS.c.agent_id == agent_id, _RUNS.c.key == key)
    return session.exec(found).first()


def lock_action_run(session: Session, run_id: str) -> ActionRun | None:
    """The run, with every other writer of it waiting until this transaction ends."""
    held = sa.update(_RUNS).where(_RUNS.c.id == run_id).values(attempts=_RUNS.c.attempts)
    session.connection().execute(held)
    return session.get(ActionRun, run_id, populate_existing=True)


def rule(session: Session, agent_id: str, provider: str, action: str) -> ActionRule | None:
    """The agent's rule about an action. Where it counts runs, others who count wait for us."""
    given = {"agent": agent_id, "vendor": provider, "word": action}
    # Most actions have no rule: that costs no row's making.
    found = session.connection().execute(_LIMIT, given).first()
    if found is None:
        return None
    if found.daily_limit:
        this = sa.update(_RULES).where(
            _RULES.c.agent_id == agent_id, _RULES.c.provider == provider, _RULES.c.action == action
        )
        session.connection().execute(this.values(decision=_RULES.c.decision))
    return session.get(ActionRule, (agent_id, provider, action), populate_existing=True)


def rules_of(session: Session, agent_id: str) -> dict[tuple[str, str], ActionRule]:
    """All rules of an agent by (provider, action)."""
    found = select(ActionRule).where(_RULES.c.agent_id == agent_id)
    return {(rule.provider, rule.action): rule for rule in session.exec(found)}


def count_runs(session: Session, run: ActionRun, since: datetime) -> int:
    """How often the agent has run the same action since a moment, this run and denied ones out."""
    same = (
        _RUNS.c.agent_id == run.agent_id,
        _RUNS.c.provider == run.provider,
        _RUNS.c.action == run.action,
        _RUNS.c.created_at >= since,
        _RUNS.c.state != "denied",
        _RUNS.c.id != run.id,
    )
    counted = sa.select(sa.func.count()).select_from(_RUNS).where(*same)
    return int(session.execute(counted).scalar_one())


def abandoned_runs(session: Session, before: datetime, limit: int = 50) -> list[tuple[str, str]]:
    """Id and provider of abandoned runs: their process died, or time has run out.

    Args:
        before: Runs that began earlier are abandoned, whoever has them.
    """
    begun = sa.func.coalesce(_RUNS.c.started_at, _RUNS.c.decided_at, _RUNS.c.created_at)
    living = sa.select(col(Executor.id)).where(col(Executor.beat) > DEAD)
    died = sa.and_(_RUNS.c.executor != "", _RUNS.c.executor.not_in(living))
    found = sa.select(_RUNS.c.id, _RUNS.c.provider).where(
        _RUNS.c.state.in_(("approved", "running")), sa.or_(begun < before, died)
    )
    return [(row.id, row.provider) for row in session.execute(found.limit(limit))]


def is_held(session: Session, run_id: str, executor: str) -> bool:
    """Whether a running run is in the hand of this process, which the others take for alive."""
    living = sa.select(col(Executor.id)).where(
        col(Executor.id) == executor, col(Executor.beat) > DEAD
    )
    mine = sa.select(_RUNS.c.id).where(
        _RUNS.c.id == run_id,
        _RUNS.c.state == "running",
        _RUNS.c.executor == executor,
        sa.or_(sa.literal(executor) == "", living.exists()),
    )
    return session.execute(mine).first() is not None


def stale_proposals(session: Session, before: datetime, limit: int = 50) -> list[str]:
    """Ids of proposals made at a moment or before."""
    found = sa.select(_RUNS.c.id).where(_RUNS.c.state == "proposed", _RUNS.c.created_at <= before)
    return list(session.execute(found.limit(limit)).scalars())


def runs_asked_by(
    session: Session, connection_id: str, requested_by: str, since: datetime
) -> list[ActionRun]:
    """Runs on a connection that one requester asked for since a moment."""
    found = select(ActionRun).where(
        _RUNS.c.connection_id == connection_id,
        _RUNS.c.requested_by == requested_by,
        _RUNS.c.created_at >= since,
    )
    return list(session.exec(found))


def connections_of(session: Session, agent_id: str) -> dict[str, Connection]:
    """The agent's living connections by provider."""
    living = (col(Connection.agent_id) == agent_id, col(Connection.state) != "disconnected")
    found = select(Connection).where(*living)
    return {connection.provider: connection for connection in session.exec(found)}
