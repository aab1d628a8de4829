"""Connections, the OAuth apps and flows that make them, and sealed secrets."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Column, Json, Moment, Session, Table, new_id, now_column

LIVING = sa.text("state <> 'disconnected'")


class Connection(Table, table=True):
    """One agent's link to one provider; at most one is not disconnected.

    Args:
        open_fields: What was asked with the credentials and is no secret: a subdomain.
        hook_hash: SHA-256 of the token in the webhook URL; the token itself is sealed.
        tenant: Which sandbox this talks to; empty when live.
        probe_due_at: When the vendor is asked whether it still answers; hook_due_at: when the
            webhook registration is renewed; None for never, as with the other moments.
        refresh_due_at: When the access token is renewed by the schedule; None for never.
        version: Grows with every change of credentials; the compare-and-set of refreshing.
        hold_events: Inbound events wait until a person releases them.
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
        sa.Index(
            "connection_refresh_due",
            "refresh_due_at",
            sqlite_where=sa.text("refresh_due_at IS NOT NULL"),
            postgresql_where=sa.text("refresh_due_at IS NOT NULL"),
        ),
        sa.Index(
            "connection_probe_due",
            "probe_due_at",
            sqlite_where=sa.text("probe_due_at IS NOT NULL"),
            postgresql_where=sa.text("probe_due_at IS NOT NULL"),
        ),
        sa.Index(
            "connection_hook_due",
            "hook_due_at",
            sqlite_where=sa.text("hook_due_at IS NOT NULL"),
            postgresql_where=sa.text("hook_due_at IS NOT NULL"),
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
    refresh_due_at: datetime | None = Column(default=None, sa_type=Moment)
    version: int = 0
    paused: bool = False
    hold_events: bool = False
    next_due_at: datetime | None = Column(default=None, sa_type=Moment)
    probe_due_at: datetime | None = Column(default=None, sa_type=Moment)
    hook_due_at: datetime | None = Column(default=None, sa_type=Moment)
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


def get(session: Session, connection_id: str) -> Connection | None:
    """One connection, disconnected ones too."""
    return session.get(Connection, connection_id)


def locked(session: Session, connection_id: str) -> Connection | None:
    """One connection as it is now, held against other writers until the transaction ends.

    A write that changes nothing takes the lock on both databases; on SQLite reading alone would
    neither lock nor begin the transaction.
    """
    mine = col(Connection.id) == connection_id
    touched = sa.update(Connection).where(mine).values(version=Connection.version)
    session.connection().execute(touched.execution_options(synchronize_session=False))
    found = select(Connection).where(mine)
    return session.exec(found.execution_options(populate_existing=True)).first()


# Built once: every action asks it.
_LIVING = select(Connection).where(
    col(Connection.agent_id) == sa.bindparam("agent"),
    col(Connection.provider) == sa.bindparam("vendor"),
    col(Connection.state) != "disconnected",
)


def living(session: Session, agent_id: str, provider: str) -> Connection | None:
    """The agent's connection to a provider that is not disconnected."""
    return session.exec(_LIVING, params={"agent": agent_id, "vendor": provider}).first()


def elsewhere(session: Session, connection: Connection, account_id: str) -> Connection | None:
    """Another agent's living connection to the same account of the same world."""
    return session.exec(
        select(Connection).where(
            Connection.provider == connection.provider,
            Connection.account_id == account_id,
            Connection.tenant == connection.tenant,
            Connection.id != connection.id,
            Connection.state != "disconnected",
        )
    ).first()


def lock_account(session: Session, provider: str, account_id: str) -> None:
    """Let nobody else prove the same account meanwhile; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        key = sa.func.hashtextextended(f"{provider}:{account_id}", 0)
        session.connection().execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def set_tokens(
    session: Session,
    connection_id: str,
    version: int,
    expires_at: datetime | None,
    refresh_due_at: datetime | None = None,
) -> bool:
    """Claim the right to store new tokens; False when somebody changed the credentials before."""
    claimed = (
        sa.update(Connection)
        .where(
            col(Connection.id) == connection_id,
            col(Connection.version) == version,
            col(Connection.state) != "disconnected",
        )
        .values(version=version + 1, token_expires_at=expires_at, refresh_due_at=refresh_due_at)
        .returning(col(Connection.id))
        .execution_options(synchronize_session=False)
    )
    return session.connection().execute(claimed).scalar() is not None


def history_sizes(session: Session, connection_id: str) -> dict[str, int]:
    """How much of a connection outlives it: rows of records, events and runs."""
    sizes: dict[str, int] = {}
    for word, name in (("records", "record"), ("events", "event"), ("runs", "sync_run")):
        rows = sa.table(name, sa.column("connection_id"))
        counted = sa.select(sa.func.count()).select_from(rows)
        mine = counted.where(rows.c.connection_id == connection_id)
        sizes[word] = session.connection().execute(mine).scalar() or 0
    return sizes


def agent_name(session: Session, agent_id: str) -> str | None:
    """The name of an agent, None when there is no such agent."""
    rows = sa.table("agent", sa.column("id"), sa.column("name"))
    found = sa.select(rows.c.name).where(rows.c.id == agent_id)
    name: str | None = session.connection().execute(found).scalar()
    return name
