"""The journal, each entry chained to the one before, and its head."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
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


class AuditHead(Table, table=True):
    """The only row: how long the journal is and how it ends, sealed with the journal's key.

    An entry taken off the end leaves the chain whole, but no longer as long as this says.
    """

    __tablename__ = "audit_head"
    id: int = Column(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    entries: int = Column(default=0, sa_type=sa.BigInteger)
    hash: str
    seal: str = ""


@dataclass(frozen=True)
class Head:
    """What the head row says."""

    entries: int
    hash: str
    seal: str


_ENTRIES: sa.Table = AuditEntry.__table__  # type: ignore[attr-defined]
_HEAD: sa.Table = AuditHead.__table__  # type: ignore[attr-defined]
_SAID = (_HEAD.c.entries, _HEAD.c.hash, _HEAD.c.seal)
# Built once: every act of the desk runs these three.
_LOCK = sa.update(_HEAD).values(entries=_HEAD.c.entries).returning(*_SAID)
_ADD = sa.insert(_ENTRIES)
_MOVE = sa.update(_HEAD).values(
    entries=sa.bindparam("count"), hash=sa.bindparam("newest"), seal=sa.bindparam("sealed")
)


def lock_head(session: Session, first: str) -> Head:
    """The head; other writers wait until this transaction ends, in whatever process.

    Args:
        first: What the first entry is chained to; the head of an empty journal.
    """
    connection = session.connection()
    row = connection.execute(_LOCK).first()
    if row is None:
        kind = sqlite if connection.dialect.name == "sqlite" else postgresql
        made = kind.insert(_HEAD).values(id=1, entries=0, hash=first, seal="")
        connection.execute(made.on_conflict_do_nothing())
        row = connection.execute(_LOCK).one()
    return Head(*row)


def add(session: Session, entry: Mapping[str, Any]) -> None:
    """Put an entry at the end; the head must be held by `lock_head`."""
    session.connection().execute(_ADD, dict(entry))


def move_head(session: Session, head: Head) -> None:
    """Let the head say this."""
    values = {"count": head.entries, "newest": head.hash, "sealed": head.seal}
    session.connection().execute(_MOVE, values)


def after(session: Session, seq: int, limit: int) -> list[AuditEntry]:
    """Entries behind `seq`, oldest first."""
    newer = select(AuditEntry).where(AuditEntry.seq > seq).order_by("seq").limit(limit)  # type: ignore[operator]
    return list(session.exec(newer))
