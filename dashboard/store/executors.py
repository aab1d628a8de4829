"""Processes that work, when each was last heard of, and the jobs the engine keeps here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Column, Session, Table
from dashboard.store.limits import seconds_now


class Executor(Table, table=True):
    """One process start. `beat` is Unix seconds by the database's clock, 0 once it is dead."""

    __tablename__ = "executor"
    id: str = Column(primary_key=True)
    role: str = "all"
    beat: float = 0


DEAD = 0.0
_BATCH = 500
_FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


def join(session: Session, executor: str, role: str) -> None:
    """Note that a process has begun."""
    now = session.connection().execute(sa.select(seconds_now(session))).scalar_one()
    session.add(Executor(id=executor, role=role, beat=float(now)))


def beat(session: Session, executor: str) -> bool:
    """Note that a process lives; False when others have declared it dead."""
    mine = sa.update(Executor).where(col(Executor.id) == executor, col(Executor.beat) > DEAD)
    changed = mine.values(beat=seconds_now(session)).execution_options(synchronize_session=False)
    return session.connection().execute(changed).rowcount == 1


def condemn(session: Session, seconds: float) -> None:
    """Declare the processes dead that were not heard of for so long; they cannot beat again."""
    silent = col(Executor.beat) < seconds_now(session) - seconds
    # A row that is held now is looked at with the next beat: nobody's heartbeat waits for it.
    free = select(Executor.id).where(silent, col(Executor.beat) > DEAD)
    free = free.with_for_update(skip_locked=True)
    condemned = sa.update(Executor).where(col(Executor.id).in_(free)).values(beat=DEAD)
    session.connection().execute(condemned.execution_options(synchronize_session=False))


def leave(session: Session, executor: str) -> None:
    """Forget a process."""
    session.exec(sa.delete(Executor).where(col(Executor.id) == executor))


@dataclass(frozen=True)
class Living:
    """A process that was heard of lately. `role`: all | web | worker."""

    id: str
    role: str


def living(session: Session, seconds: float) -> list[Living]:
    """Processes heard of within so many seconds."""
    recent = col(Executor.beat) >= seconds_now(session) - seconds
    found = select(Executor.id, Executor.role).where(recent).order_by(Executor.id)
    return [Living(*row) for row in session.exec(found)]


def dead(session: Session) -> list[str]:
    """Processes declared dead, and unknown ones that jobs are still marked with."""
    old = list(session.exec(select(Executor.id).where(Executor.beat <= DEAD)))
    jobs = _jobs(session).c
    strange = (
        sa.select(jobs.executor_id)
        .distinct()
        .where(
            jobs.status == "PENDING",
            jobs.executor_id.is_not(None),
            jobs.executor_id.not_in(select(Executor.id)),
        )
    )
    return sorted({*old, *session.connection().execute(strange).scalars()})


@dataclass(frozen=True)
class Standing:
    """Jobs of one queue in one of the engine's states; `oldest_seconds` since they could run."""

    lane: str
    state: str
    jobs: int
    oldest_seconds: float


def standings(session: Session) -> list[Standing]:
    """All jobs that wait, run or have failed for good, by queue and state."""
    jobs = _jobs(session).c
    since = sa.func.min(sa.func.coalesce(jobs.delay_until_epoch_ms, jobs.created_at))
    waited = seconds_now(session) - since / 1000.0
    counted = (
        sa.select(sa.func.coalesce(jobs.queue_name, ""), jobs.status, sa.func.count(), waited)
        .where(jobs.status.in_(("ENQUEUED", "PENDING", "DELAYED", *_FAILED)))
        .group_by(jobs.queue_name, jobs.status)
    )
    found = session.connection().execute(counted)
    return [Standing(lane, state, jobs, max(float(old), 0.0)) for lane, state, jobs, old in found]


def is_running(session: Session, key: str, but: str) -> bool:
    """True when a job of this key runs, other than the one named."""
    jobs = _jobs(session).c
    others = sa.select(sa.literal(1)).where(
        jobs.queue_partition_key == key, jobs.status == "PENDING", jobs.workflow_uuid != but
    )
    return session.connection().execute(others.limit(1)).first() is not None


def finished(session: Session, done: timedelta, once: timedelta, failed: timedelta) -> list[str]:
    """Ids of some jobs that ended longer ago than their kind is kept."""
    jobs = _jobs(session).c
    now = seconds_now(session) * 1000

    def before(kept: timedelta) -> sa.ColumnElement[bool]:
        return jobs.completed_at < now - kept.total_seconds() * 1000

    is_once = jobs.workflow_uuid.like("once-%")
    old = sa.or_(
        sa.and_(jobs.status.in_(("SUCCESS", "CANCELLED")), sa.not_(is_once), before(done)),
        sa.and_(jobs.status.in_(("SUCCESS", "CANCELLED")), before(once)),
        sa.and_(jobs.status.in_(_FAILED), before(failed)),
    )
    found = sa.select(jobs.workflow_uuid).where(old).limit(_BATCH)
    return list(session.connection().execute(found).scalars())


def _jobs(session: Session) -> sa.TableClause:
    """The engine's own table; on PostgreSQL it has a schema of its own."""
    columns: list[Any] = [
        sa.column(name, sa.String())
        for name in ("workflow_uuid", "status", "executor_id", "queue_name", "queue_partition_key")
    ]
    columns += [
        sa.column(name, sa.BigInteger())
        for name in ("created_at", "completed_at", "delay_until_epoch_ms")
    ]
    schema = "dbos" if session.get_bind().dialect.name == "postgresql" else None
    return sa.table("workflow_status", *columns, schema=schema)
