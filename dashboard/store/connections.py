"""Connections, the OAuth apps and flows that make them, and sealed secrets."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Column, Json, Moment, Table, new_id, now_column

LIVING = sa.text("state <> 'disconnected'")


class Connection(Table, table=True):
    """One agent's link to one provider; at most one is not disconnected.

    Args:
        open_fields: What was asked with the credentials and is no secret: a subdomain.
        hook_hash: SHA-256 of the token in the webhook URL; the token itself is sealed.
        tenant: Which sandbox this talks to; empty when live.
        version: Grows with every change of credentials; the compare-and-set of refreshing.
    """

    __tablename__ = "connection"
    __table_args__ = (
        sa.Index(
            "connection_one_per_agent",
            "agent_id",
            "provider",
            unique=True,
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        ),
        sa.Index(
            "connection_due",
            "next_due_at",
            sqlite_where=sa.text("next_due_at IS NOT NULL"),
            postgresql_where=sa.text("next_due_at IS NOT NULL"),
        ),
    )
    id: str = Column(default_factory=lambda: new_id("con"), primary_key=True)
    agent_id: str = Column(foreign_key="agent.id", ondelete="CASCADE", index=True)
    provider: str = Column(index=True)
    environment: str = "live"
    method: str = ""
    tenant: str = ""
    state: str = "draft"
    account_id: str = ""
    account_name: str = ""
    account_url: str = ""
    account_details: dict[str, str] = Column(default_factory=dict, sa_type=Json)
    open_fields: dict[str, str] = Column(default_factory=dict, sa_type=Json)
    settings: dict[str, Any] = Column(default_factory=dict, sa_type=Json)
    events: list[str] = Column(default_factory=list, sa_type=Json)
    granted_scopes: list[str] = Column(default_factory=list, sa_type=Json)
    hook_hash: str = Column(default="", index=True)
    subscription: dict[str, Any] | None = Column(default=None, sa_type=Json)
    subscription_expires_at: datetime | None = Column(default=None, sa_type=Moment)
    token_expires_at: datetime | None = Column(default=None, sa_type=Moment)
    version: int = 0
    paused: bool = False
    next_due_at: datetime | None = Column(default=None, sa_type=Moment)
    checked_at: datetime | None = Column(default=None, sa_type=Moment)
    checks: list[dict[str, Any]] = Column(default_factory=list, sa_type=Json)
    last_sync_at: datetime | None = Column(default=None, sa_type=Moment)
    last_event_at: datetime | None = Column(default=None, sa_type=Moment)
    error_code: str = ""
    error_reason: str = ""
    error_at: datetime | None = Column(default=None, sa_type=Moment)
    failures: int = 0
    refused_signatures: int = 0
    created_at: datetime = now_column()
    connected_at: datetime | None = Column(default=None, sa_type=Moment)
    configured_at: datetime | None = Column(default=None, sa_type=Moment)
    disconnected_at: datetime | None = Column(default=None, sa_type=Moment)


class Secret(Table, table=True):
    """A sealed value. The ciphertext is bound to (owner, name) and opens nowhere else."""

    __tablename__ = "secret"
    owner: str = Column(primary_key=True)
    name: str = Column(primary_key=True)
    key_id: str
    nonce: bytes
    ciphertext: bytes
    updated_at: datetime = now_column()


class OAuthApp(Table, table=True):
    """The installation's own app at a vendor; the client secret is sealed."""

    __tablename__ = "oauth_app"
    provider: str = Column(primary_key=True)
    client_id: str
    updated_at: datetime = now_column()


class OAuthFlow(Table, table=True):
    """One trip to a vendor's consent page. `status`: pending | done | failed | refused."""

    __tablename__ = "oauth_flow"
    id: str = Column(default_factory=lambda: new_id("flw"), primary_key=True)
    state_hash: str = Column(unique=True)
    connection_id: str = Column(foreign_key="connection.id", ondelete="CASCADE", index=True)
    owner: str
    redirect_uri: str
    authorization_url: str
    status: str = "pending"
    error_code: str = ""
    error_reason: str = ""
    created_at: datetime = now_column()
    expires_at: datetime = Column(sa_type=Moment)
    finished_at: datetime | None = Column(default=None, sa_type=Moment)
