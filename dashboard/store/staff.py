"""Staff, their sessions, one-time links and API tokens."""

from datetime import datetime

from dashboard.store.base import Column, Moment, Table, new_id, now_column


class Staff(Table, table=True):
    """A person who uses the browser. `role`: viewer | operator | admin."""

    __tablename__ = "staff"
    id: str = Column(default_factory=lambda: new_id("stf"), primary_key=True)
    name: str
    email: str = Column(unique=True)
    role: str
    password_hash: str = ""
    language: str = ""
    created_at: datetime = now_column()
    disabled_at: datetime | None = Column(default=None, sa_type=Moment)


class StaffSession(Table, table=True):
    """A browser that is signed in; the cookie holds the id, signed."""

    __tablename__ = "staff_session"
    id_hash: str = Column(primary_key=True)
    staff_id: str = Column(foreign_key="staff.id", ondelete="CASCADE", index=True)
    created_at: datetime = now_column()
    expires_at: datetime = Column(sa_type=Moment)


class Invite(Table, table=True):
    """A one-time link that creates a staff account of a given role."""

    __tablename__ = "invite"
    token_hash: str = Column(primary_key=True)
    role: str
    created_at: datetime = now_column()
    expires_at: datetime = Column(sa_type=Moment)
    used_at: datetime | None = Column(default=None, sa_type=Moment)


class ApiToken(Table, table=True):
    """A bearer token for the API. Empty `agent_id`: all agents."""

    __tablename__ = "api_token"
    id: str = Column(default_factory=lambda: new_id("tok"), primary_key=True)
    name: str
    token_hash: str = Column(unique=True)
    tail: str
    role: str = "operator"
    agent_id: str | None = Column(default=None, foreign_key="agent.id", ondelete="CASCADE")
    created_by: str = ""
    created_at: datetime = now_column()
    last_used_at: datetime | None = Column(default=None, sa_type=Moment)
    revoked_at: datetime | None = Column(default=None, sa_type=Moment)
