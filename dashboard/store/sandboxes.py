"""The worlds of the sandboxes, one document per tenant."""

from datetime import datetime

import sqlalchemy as sa

from dashboard.store.base import Column, Table, now_column


class SandboxWorld(Table, table=True):
    """The state of one sandbox as JSON text; `version` is the compare-and-set."""

    __tablename__ = "sandbox_world"
    provider: str = Column(primary_key=True)
    tenant: str = Column(primary_key=True)
    state: str = Column(sa_type=sa.Text)
    version: int = 0
    created_at: datetime = now_column()
