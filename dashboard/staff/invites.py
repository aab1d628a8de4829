"""One-time links that create a staff account."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM, Actor, Role, require
from dashboard.settings import Settings
from dashboard.staff.digest import digest
from dashboard.store import staff as rows
from dashboard.store.base import Session, Store

LIFE = timedelta(days=3)


class Invites:
    """Makes links and takes them back."""

    def __init__(self, store: Store, audit: Audit, settings: Settings) -> None:
        self._store, self._audit, self._settings = store, audit, settings

    def create(self, actor: Actor, role: Role) -> str:
        """The link, shown once; only its hash is kept. It works for three days."""
        require(actor, Role.ADMIN)
        with self._store.transaction() as session:
            return self._create(session, actor, role)

    def first_admin(self) -> str:
        """A fresh link for the first admin while nobody can sign in, else empty.

        Earlier links for admins stop working, so only the last printed one counts.
        """
        with self._store.transaction() as session:
            if rows.anybody(session):
                return ""
            rows.forget_invites(session, Role.ADMIN)
            return self._create(session, SYSTEM, Role.ADMIN)

    def _create(self, session: Session, actor: Actor, role: Role) -> str:
        token = secrets.token_urlsafe(32)
        invite = rows.Invite(
            token_hash=digest(token), role=role.value, expires_at=clock.now() + LIFE
        )
        session.add(invite)
        self._audit.write(session, actor, "staff.invited", detail={"role": role.value})
        return f"{self._settings.public_url}/join/{token}"

    def role_behind(self, token: str) -> Role:
        """The role a link gives; looking does not use it up.

        Raises:
            Refusal: `staff.link_dead` (410).
        """
        with self._store.transaction() as session:
            invite = session.get(rows.Invite, digest(token))
        if invite is None or invite.used_at or invite.expires_at <= clock.now():
            raise Refusal("staff.link_dead", 410)
        return Role(invite.role)

    def claim(self, session: Session, token: str) -> Role:
        """Use a link up, inside the caller's transaction.

        Raises:
            Refusal: `staff.link_dead` (410).
        """
        invite = rows.claim_invite(session, digest(token), clock.now())
        if invite is None:
            raise Refusal("staff.link_dead", 410)
        return Role(invite.role)

    def unused(self) -> Sequence[rows.Invite]:
        """Links that still work."""
        with self._store.transaction() as session:
            return rows.unused_invites(session, clock.now())
