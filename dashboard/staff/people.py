"""Staff accounts: joining by a link, signing in, roles."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.errors import RateLimited, Refusal
from dashboard.contracts.manifest import RateLimit, Source
from dashboard.contracts.people import Actor, Role, require
from dashboard.jobs.limits import Bucket, Limits, of_people
from dashboard.staff import passwords
from dashboard.staff.invites import Invites
from dashboard.staff.sessions import Sessions
from dashboard.store import staff as rows
from dashboard.store.base import Session, Store

_OURS = Source("", date(2026, 11, 24))
# Thirty quick attempts from an office, never more than 60 in five minutes; ten at an account,
# never more than 20 in ten minutes.
PER_ADDRESS = of_people(RateLimit(60, timedelta(minutes=5), _OURS), at_once=30)
PER_ACCOUNT = of_people(RateLimit(20, timedelta(minutes=10), _OURS), at_once=10)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What a person types after opening a one-time link."""

    name: str
    email: str
    password: str = field(repr=False)
    repeated: str = field(repr=False)
    language: str = ""


class People:
    """Creates accounts, lets them in and changes them."""

    def __init__(
        self, store: Store, audit: Audit, limits: Limits, sessions: Sessions, invites: Invites
    ) -> None:
        self._store, self._audit, self._limits = store, audit, limits
        self._sessions, self._invites = sessions, invites

    def join(self, token: str, person: NewPerson) -> str:
        """Create the account a link allows and sign it in; gives the cookie value.

        Raises:
            Refusal: `staff.link_dead` (410); `staff.name_missing`, `staff.email_wrong`,
                `staff.email_taken`, `staff.password_short`, `staff.passwords_differ`.
        """
        self._invites.role_behind(token)
        row = _account(person)
        with self._store.transaction() as session:
            row.role = self._invites.claim(session, token).value
            if rows.staff_by_email(session, row.email):
                raise Refusal("staff.email_taken", 409, field="email")
            session.add(row)
            session.flush()
            self._audit.write(session, _actor(row), "staff.joined", detail={"role": row.role})
            return self._sessions.open(session, row.id)

    def sign_in(self, email: str, password: str, *, address: str) -> str:
        """The cookie value of a new session.

        Args:
            address: Of the browser, for the limit on attempts.
        Raises:
            Refusal: `login.refused` (401), the same for an unknown address, a wrong password and
                a disabled account; `login.too_many` (429).
        """
        email = email.strip().lower()
        self._count(f"login:address:{address}", PER_ADDRESS)
        self._count(f"login:account:{email[:200]}", PER_ACCOUNT)
        with self._store.transaction() as session:
            person = rows.staff_by_email(session, email)
        right = passwords.matches(password, person.password_hash if person else "")
        with self._store.transaction() as session:
            if person is not None and right and person.disabled_at is None:
                return self._let_in(session, person.id, password)
            actor = _actor(person) if person else Actor(kind="staff")
            detail = {"address": address}
            self._audit.write(session, actor, "staff.signed_in", outcome="refused", detail=detail)
        raise Refusal("login.refused", 401)

    def _let_in(self, session: Session, staff_id: str, password: str) -> str:
        person = session.get_one(rows.Staff, staff_id)
        if passwords.is_outdated(person.password_hash):
            person.password_hash = passwords.hashed(password)
        self._audit.write(session, _actor(person), "staff.signed_in")
        return self._sessions.open(session, person.id)

    def _count(self, key: str, limit: Bucket) -> None:
        try:
            self._limits.take(key, limit)
        except RateLimited as full:
            seconds = str(max(1, round(full.retry_after)))
            raise Refusal("login.too_many", 429, values={"seconds": seconds}) from full

    def sign_out(self, actor: Actor, session_name: str) -> None:
        """End one browser's session."""
        with self._store.transaction() as session:
            rows.forget_sessions(session, id_hash=session_name)
            self._audit.write(session, actor, "staff.signed_out")

    def all(self) -> Sequence[rows.Staff]:
        """Everybody, disabled people too."""
        with self._store.transaction() as session:
            return rows.all_staff(session)

    def set_language(self, staff_id: str, language: str) -> None:
        """Remember the interface language a person chose."""
        with self._store.transaction() as session:
            session.get_one(rows.Staff, staff_id).language = language

    def set_role(self, actor: Actor, staff_id: str, role: Role) -> None:
        """Give a person another role; it counts from their next click.

        Raises:
            Refusal: `staff.unknown` (404), `staff.last_admin` (409).
        """
        require(actor, Role.ADMIN)
        with self._store.transaction() as session:
            person = self._person(session, staff_id, stays_admin=role is Role.ADMIN)
            person.role = role.value
            detail = {"staff": staff_id, "role": role.value}
            self._audit.write(session, actor, "staff.role_changed", detail=detail)

    def disable(self, actor: Actor, staff_id: str) -> None:
        """Shut a person out and end their sessions; the account stays for the journal.

        Raises:
            Refusal: `staff.unknown` (404), `staff.last_admin` (409).
        """
        require(actor, Role.ADMIN)
        with self._store.transaction() as session:
            person = self._person(session, staff_id, stays_admin=False)
            person.disabled_at = clock.now()
            rows.forget_sessions(session, staff_id=staff_id)
            self._audit.write(session, actor, "staff.disabled", detail={"staff": staff_id})

    def enable(self, actor: Actor, staff_id: str) -> None:
        """Let a disabled person in again.

        Raises:
            Refusal: `staff.unknown` (404).
        """
        require(actor, Role.ADMIN)
        with self._store.transaction() as session:
            self._person(session, staff_id, stays_admin=True).disabled_at = None
            self._audit.write(session, actor, "staff.enabled", detail={"staff": staff_id})

    def _person(self, session: Session, staff_id: str, *, stays_admin: bool) -> rows.Staff:
        person = session.get(rows.Staff, staff_id)
        if person is None:
            raise Refusal("staff.unknown", 404)
        was_admin = person.role == Role.ADMIN and person.disabled_at is None
        if was_admin and not stays_admin and not rows.other_admins(session, staff_id):
            raise Refusal("staff.last_admin", 409)
        return person


def _account(person: NewPerson) -> rows.Staff:
    name, email = person.name.strip(), person.email.strip().lower()
    if not 1 <= len(name) <= 100:
        raise Refusal("staff.name_missing", field="name")
    if len(email) > 200 or not _EMAIL.fullmatch(email):
        raise Refusal("staff.email_wrong", field="email")
    if person.password != person.repeated:
        raise Refusal("staff.passwords_differ", field="repeated")
    return rows.Staff(
        name=name,
        email=email,
        role=Role.VIEWER.value,
        password_hash=passwords.hashed(person.password),
        language=person.language,
    )


def _actor(person: rows.Staff) -> Actor:
    return Actor(kind="staff", id=person.id, name=person.name, role=Role(person.role))
