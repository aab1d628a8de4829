"""Staff, their sessions, one-time links and API tokens."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from dashboard.store.base import Column, Moment, Session, Table, new_id, now_column


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


def all_staff(session: Session) -> Sequence[Staff]:
    """Everybody who ever joined, by name; disabled people too."""
    return session.exec(select(Staff).order_by(Staff.name, Staff.id)).all()


def anybody(session: Session) -> bool:
    """True when somebody can sign in."""
    return (
        session.exec(select(Staff.id).where(col(Staff.disabled_at).is_(None))).first() is not None
    )


def staff_by_email(session: Session, email: str) -> Staff | None:
    """The person with this address, disabled or not."""
    return session.exec(select(Staff).where(Staff.email == email)).first()


def other_admins(session: Session, staff_id: str) -> int:
    """How many admins would be left without this one. Locks them where the database can."""
    rows = select(Staff.id).where(
        Staff.role == "admin", Staff.id != staff_id, col(Staff.disabled_at).is_(None)
    )
    return len(session.exec(rows.with_for_update()).all())


def session_by_hash(session: Session, id_hash: str) -> tuple[StaffSession, Staff] | None:
    """A browser's session and whose it is; expired ones and disabled people too."""
    joined = select(StaffSession, Staff).join(Staff, col(Staff.id) == StaffSession.staff_id)
    row = session.exec(joined.where(StaffSession.id_hash == id_hash)).first()
    return (row[0], row[1]) if row else None


def forget_sessions(session: Session, *, staff_id: str = "", id_hash: str = "") -> None:
    """End one session, or all of one person."""
    chosen = (
        col(StaffSession.id_hash) == id_hash if id_hash else col(StaffSession.staff_id) == staff_id
    )
    session.exec(sa.delete(StaffSession).where(chosen))


def forget_expired(session: Session, moment: datetime) -> None:
    """Delete sessions and unused links that ended before `moment`."""
    session.exec(sa.delete(StaffSession).where(col(StaffSession.expires_at) < moment))
    stale = (col(Invite.expires_at) < moment, col(Invite.used_at).is_(None))
    session.exec(sa.delete(Invite).where(*stale))


def claim_invite(session: Session, token_hash: str, moment: datetime) -> Invite | None:
    """Mark a living link as used; None when it is unknown, used or too old.

    One UPDATE decides, so of two browsers only one gets through.
    """
    living = (
        col(Invite.token_hash) == token_hash,
        col(Invite.used_at).is_(None),
        col(Invite.expires_at) > moment,
    )
    done = session.exec(sa.update(Invite).where(*living).values(used_at=moment))
    return session.get(Invite, token_hash) if done.rowcount else None


def unused_invites(session: Session, moment: datetime) -> Sequence[Invite]:
    """Links that still work, the newest first."""
    living = (col(Invite.used_at).is_(None), col(Invite.expires_at) > moment)
    return session.exec(select(Invite).where(*living).order_by(col(Invite.created_at).desc())).all()


def forget_invites(session: Session, role: str) -> None:
    """Make unused links of one role worthless."""
    session.exec(sa.delete(Invite).where(col(Invite.role) == role, col(Invite.used_at).is_(None)))


def token_by_hash(session: Session, token_hash: str) -> ApiToken | None:
    """The API token behind a bearer value, revoked or not."""
    return session.exec(select(ApiToken).where(ApiToken.token_hash == token_hash)).first()


def api_tokens(session: Session) -> Sequence[ApiToken]:
    """All API tokens, the newest first; revoked ones too."""
    return session.exec(select(ApiToken).order_by(col(ApiToken.id).desc())).all()
