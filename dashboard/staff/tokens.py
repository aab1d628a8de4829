"""API tokens: shown once, kept as a hash, limited to a role and perhaps to one agent."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.staff.digest import digest
from dashboard.store import staff as rows
from dashboard.store.agents import Agent
from dashboard.store.base import Store

PREFIX = "idk_"
# `last_used_at` is for people: once a minute is exact enough and spares a write per call.
_NOTICE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token at the only moment when it can be read."""

    id: str
    token: str = field(repr=False)


class Tokens:
    """Makes, reads and revokes API tokens."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store, self._audit = store, audit

    def create(self, actor: Actor, name: str, role: Role, *, agent_id: str = "") -> NewToken:
        """A new token.

        Args:
            agent_id: The only agent it may touch; empty for all.
        Raises:
            Refusal: `staff.token_unnamed`, `agents.unknown`.
        """
        require(actor, Role.ADMIN)
        if not name.strip():
            raise Refusal("staff.token_unnamed", field="name")
        secret = PREFIX + secrets.token_urlsafe(32)
        row = rows.ApiToken(
            name=name.strip(),
            token_hash=digest(secret),
            tail=secret[-4:],
            role=role.value,
            agent_id=agent_id or None,
            created_by=actor.name,
        )
        with self._store.transaction() as session:
            if agent_id and session.get(Agent, agent_id) is None:
                raise Refusal("agents.unknown", 404, field="agent_id")
            session.add(row)
            detail = {"token": row.id, "name": row.name, "role": row.role}
            self._audit.write(session, actor, "token.created", agent_id=agent_id, detail=detail)
        return NewToken(id=row.id, token=secret)

    def actor(self, bearer: str) -> Actor:
        """Who is behind a bearer token.

        Raises:
            Refusal: `api.unauthorized` (401) when it is unknown or revoked.
        """
        if not bearer.startswith(PREFIX):
            raise Refusal("api.unauthorized", 401)
        with self._store.transaction() as session:
            row = rows.token_by_hash(session, digest(bearer))
        if row is None or row.revoked_at:
            raise Refusal("api.unauthorized", 401)
        self._notice(row)
        return _holder(row)

    def holder(self, token_id: str) -> Actor:
        """Who a token's id stands for, for what was begun with it and ends elsewhere.

        Raises:
            Refusal: `staff.token_unknown` (404), also when it was revoked since.
        """
        with self._store.transaction() as session:
            row = session.get(rows.ApiToken, token_id)
        if row is None or row.revoked_at:
            raise Refusal("staff.token_unknown", 404)
        return _holder(row)

    def _notice(self, row: rows.ApiToken) -> None:
        if row.last_used_at and clock.now() - row.last_used_at < _NOTICE:
            return
        with self._store.transaction() as session:
            fresh = session.get(rows.ApiToken, row.id)
            if fresh:
                fresh.last_used_at = clock.now()

    def all(self) -> Sequence[rows.ApiToken]:
        """Every token ever made, the newest first; the secrets themselves are not kept."""
        with self._store.transaction() as session:
            return rows.api_tokens(session)

    def revoke(self, actor: Actor, token_id: str) -> None:
        """Stop a token from working, at once and for good.

        Raises:
            Refusal: `staff.token_unknown` (404).
        """
        require(actor, Role.ADMIN)
        with self._store.transaction() as session:
            row = session.get(rows.ApiToken, token_id)
            if row is None:
                raise Refusal("staff.token_unknown", 404)
            if row.revoked_at:
                return
            row.revoked_at = clock.now()
            detail = {"token": row.id, "name": row.name}
            self._audit.write(
                session, actor, "token.revoked", agent_id=row.agent_id or "", detail=detail
            )


def _holder(row: rows.ApiToken) -> Actor:
    return Actor(
        kind="token",
        id=row.id,
        name=row.name,
        role=Role(row.role),
        agent_id=row.agent_id or "",
    )
