"""Receivers of deliveries: the end of their line, and how they have answered lately."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from dashboard import clock
from dashboard.store.base import Column, Json, Moment, Table
from dashboard.store.connections import Connection


class Receiver(Table, table=True):
    """What is known of a connection that deliveries go to.

    Args:
        position: The last place given out in its line.
        strained: It has not answered well and fast lately; it gets one try at a time.
        failing_since: Its first failure since the last success, empty while it works.
        failed_at: Its last failure or slow answer, empty when the last one was good and fast.
    """

    __tablename__ = "receiver"
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE", primary_key=True)
    position: int = Column(default=0, sa_type=sa.BigInteger)
    strained: bool = True
    failing_since: datetime | None = Column(default=None, sa_type=Moment)
    failed_at: datetime | None = Column(default=None, sa_type=Moment)


class Occurrence(Table, table=True):
    """Something that happened and of which no deliveries were made yet, in order."""

    __tablename__ = "occurrence"
    __table_args__ = (sa.Index("occurrence_order", "connection_id", "seq"),)
    seq: int | None = Column(
        default=None,
        sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        primary_key=True,
    )
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE")
    told: dict[str, Any] = Column(default_factory=dict, sa_type=Json)


def reserve(session: Session, connection_id: str, count: int) -> int:
    """The first of `count` new places in a receiver's line.

    Until this transaction ends nobody else gets one, so places are filled in their order.
    """
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    first = Receiver(connection_id=connection_id)
    new = kind.insert(Receiver).values(first.model_dump()).on_conflict_do_nothing()
    session.connection().execute(new)
    grown = (
        sa.update(Receiver)
        .where(col(Receiver.connection_id) == connection_id)
        .values(position=Receiver.position + count)
        .returning(col(Receiver.position))
    )
    return int(session.connection().execute(grown).scalar_one()) - count + 1


def is_narrow(receiver: Receiver) -> bool:
    """Whether it was seen to fail or to be slow, other than one nobody knows yet."""
    return receiver.strained and receiver.failed_at is not None


def hold(session: Session, connection_id: str) -> None:
    """Let nobody else join or rearrange the line until this transaction ends."""
    reserve(session, connection_id, 0)


def get(session: Session, connection_id: str) -> Receiver:
    """The receiver as it is now; a fresh one when nothing was ever sent to it."""
    found = session.get(Receiver, connection_id, populate_existing=True)
    return found or Receiver(connection_id=connection_id)


def answered(session: Session, connection_id: str, *, slow: bool) -> None:
    """Note a success; writes nothing when there is nothing to forget."""
    known = get(session, connection_id)
    if slow:
        _change(session, connection_id, strained=True, failing_since=None, failed_at=clock.now())
    elif known.strained or known.failing_since is not None:
        _change(session, connection_id, strained=False, failing_since=None, failed_at=None)


def failed(session: Session, connection_id: str, rest: datetime) -> datetime:
    """Note a failure; since when it fails.

    Args:
        rest: When the last failure was before this moment, the counting begins anew: a receiver
            that nobody called for days was not failing all that time.
    """
    known, now = get(session, connection_id), clock.now()
    goes_on = known.failing_since and known.failed_at and known.failed_at >= rest
    since = known.failing_since if goes_on and known.failing_since else now
    _change(session, connection_id, strained=True, failing_since=since, failed_at=now)
    return since


def begin_anew(session: Session, connection_id: str) -> None:
    """Forget how it failed; it has to do well again before it gets more than one try at once."""
    _change(session, connection_id, strained=True, failing_since=None, failed_at=None)


def disable(session: Session, connection_id: str, code: str, reason: str) -> None:
    """Stop using a connection until a person resumes it, and say why on its card."""
    said = {"error_code": code, "error_reason": reason, "error_at": clock.now()}
    mine = sa.update(Connection).where(col(Connection.id) == connection_id)
    session.connection().execute(mine.values(paused=True, **said))
    begin_anew(session, connection_id)


def announce(session: Session, connection_id: str, told: dict[str, Any]) -> None:
    """Keep what happened until deliveries are made of it.

    Args:
        told: {stream, changes: [[external id, new | changed | deleted]], word?} or {event_id}.
    """
    session.add(Occurrence(connection_id=connection_id, told=told))


def announced(session: Session, connection_id: str, limit: int = 50) -> Sequence[dict[str, Any]]:
    """Take away the oldest of what happened; whoever else asks waits for this transaction."""
    oldest = (
        sa.select(col(Occurrence.seq))
        .where(col(Occurrence.connection_id) == connection_id)
        .order_by(col(Occurrence.seq))
        .limit(limit)
        .with_for_update()
    )
    taken = (
        sa.delete(Occurrence)
        .where(col(Occurrence.seq).in_(oldest))
        .returning(col(Occurrence.seq), col(Occurrence.told))
    )
    rows = session.connection().execute(taken).all()
    return [told for _, told in sorted(rows, key=lambda row: row[0])]


def _change(session: Session, connection_id: str, **values: Any) -> None:
    mine = sa.update(Receiver).where(col(Receiver.connection_id) == connection_id)
    session.connection().execute(mine.values(**values))
