"""Browsers that are signed in: a signed cookie in the browser, a row in the database."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, TimestampSigner

from dashboard import clock
from dashboard.contracts.people import Actor, Role
from dashboard.settings import Settings
from dashboard.staff.digest import digest
from dashboard.staff.signing import signing_keys
from dashboard.store import staff as rows
from dashboard.store.base import Session, Store

COOKIE = "desk_session"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person behind a browser. `session` names the session: the owner of OAuth flows."""

    id: str
    name: str
    email: str
    role: Role
    language: str
    session: str

    @property
    def actor(self) -> Actor:
        """The person as the one who acts."""
        return Actor(kind="staff", id=self.id, name=self.name, role=self.role)


class Sessions:
    """Opens, reads and ends sessions."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.life = timedelta(days=settings.session_days)
        self.secure = settings.public_url.startswith("https://")
        self._signer = TimestampSigner(signing_keys(settings), salt="staff session")

    def open(self, session: Session, staff_id: str) -> str:
        """The cookie value of a new session."""
        token = secrets.token_urlsafe(32)
        expires = clock.now() + self.life
        rows.forget_expired(session, clock.now())
        session.add(rows.StaffSession(id_hash=digest(token), staff_id=staff_id, expires_at=expires))
        return self._signer.sign(token).decode()

    def name_of(self, cookie: str) -> str:
        """The session's name when we signed this cookie and it is not too old, else empty.

        Asks no database: enough for files that hold no secrets, not for anything else.
        """
        try:
            age = int(self.life.total_seconds())
            return digest(self._signer.unsign(cookie, max_age=age).decode())
        except BadSignature:
            return ""

    def read(self, cookie: str) -> SignedIn | None:
        """Who is behind the cookie; None when nobody is, or no longer."""
        name = self.name_of(cookie) if cookie else ""
        return self.find(name) if name else None

    def find(self, name: str) -> SignedIn | None:
        """Who is behind the session of this name; None after sign-out, expiry or disabling."""
        with self._store.transaction() as session:
            found = rows.session_by_hash(session, name)
        if found is None or found[0].expires_at <= clock.now() or found[1].disabled_at:
            return None
        person = found[1]
        return SignedIn(
            id=person.id,
            name=person.name,
            email=person.email,
            role=Role(person.role),
            language=person.language,
            session=name,
        )

    def close(self, name: str) -> None:
        """End the session of this name."""
        with self._store.transaction() as session:
            rows.forget_sessions(session, id_hash=name)
