"""The worlds of the sandboxes, one document per tenant."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from dashboard.store.base import Column, Table, now_column


class SandboxWorld(Table, table=True):
    """The state of one sandbox as JSON text; `version` is the compare-and-set."""

    __tablename__ = "sandbox_world"
    provider: str = Column(primary_key=True)
    tenant: str = Column(primary_key=True)
    state: str = Column(sa_type=sa.Text)
    version: int = 0
    created_at: datetime = now_column()


def add(session: Session, provider: str, tenant: str, state: str) -> None:
    """Keep a new world."""
    session.add(SandboxWorld(provider=provider, tenant=tenant, state=state))


def find(session: Session, provider: str, tenant: str) -> SandboxWorld | None:
    """The world of a tenant."""
    return session.get(SandboxWorld, (provider, tenant))


def replace(session: Session, world: SandboxWorld, state: str) -> bool:
    """Keep a changed state; False when somebody else changed it since `world` was read."""
    table = SandboxWorld.__table__  # type: ignore[attr-defined]
    mine = sa.and_(
        table.c.provider == world.provider,
        table.c.tenant == world.tenant,
        table.c.version == world.version,
    )
    change = sa.update(table).where(mine).values(state=state, version=world.version + 1)
    return session.connection().execute(change).rowcount == 1
