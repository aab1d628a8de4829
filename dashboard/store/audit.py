"""The journal, each entry chained to the one before."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from dashboard.store.base import Column, Json, Table, now_column


class AuditEntry(Table, table=True):
    """Who did what, when, with which outcome. `outcome`: ok | refused | failed | unknown."""

    __tablename__ = "audit_entry"
    seq: int | None = Column(
        default=None,
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    at: datetime = now_column(index=True)
    actor_kind: str
    actor_id: str = ""
    actor_name: str = ""
    action: str = Column(index=True)
    agent_id: str = Column(default="", index=True)
    connection_id: str = ""
    provider: str = ""
    outcome: str = "ok"
    detail: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    vendor_request_id: str = ""
    previous_hash: str
    hash: str


def lock_head(session: Session) -> str | None:
    """The hash of the newest entry, None in an empty journal; other writers wait till commit.

    On PostgreSQL an advisory lock of the transaction does it. SQLite takes its lock at the first
    write, so there is one before the reading: else two writers would chain to the same entry.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sa.text("SELECT pg_advisory_xact_lock(7421001)"))
    else:
        session.connection().execute(sa.delete(AuditEntry).where(sa.false()))
    newest = select(AuditEntry.hash).order_by(sa.desc("seq")).limit(1)
    return session.exec(newest).first()


def after(session: Session, seq: int, limit: int) -> list[AuditEntry]:
    """Entries behind `seq`, oldest first."""
    newer = select(AuditEntry).where(AuditEntry.seq > seq).order_by("seq").limit(limit)  # type: ignore[operator]
    return list(session.exec(newer))
