"""Replaces a receiver's signing secret, so that the receiver misses nothing meanwhile."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.outbound import access
from dashboard.outbound.headers import previous_until, rotated, without_previous
from dashboard.store import connections
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault

OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class NewSecret:
    """A secret that is given out this once.

    Args:
        previous_until: Until when the one before signs along; empty when there was none.
    """

    secret: str = field(repr=False)
    previous_until: datetime | None


class Signing:
    """The signing secrets of receivers."""

    def __init__(self, store: Store, vault: Vault, audit: Audit) -> None:
        self._store, self._vault, self._audit = store, vault, audit

    def rotate(self, actor: Actor, connection_id: str, overlap: timedelta = OVERLAP) -> NewSecret:
        """Make a new secret and give it out; until the overlap ends both sign every delivery.

        Args:
            overlap: At most seven days.
        Raises:
            Refusal: `outbound.not_a_receiver`, `outbound.unsigned`; `outbound.overlap_running`
                while the one before still signs along, since a third would shut a receiver out
                that has not changed yet; `outbound.overlap_long` (422).
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise Refusal("outbound.overlap_long", 422, field="overlap_hours")
        new = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        until = clock.now() + overlap
        with self._store.transaction() as session:
            connection, name, kept = self._opened(session, actor, connection_id)
            if previous_until(kept, name, clock.now()):
                raise Refusal("outbound.overlap_running", 409)
            changed = rotated(kept, name, new, until)
            self._keep(session, connection, changed)
            hours = round(overlap / timedelta(hours=1))
            self._audit.note(
                session,
                actor,
                connection,
                "delivery.secret_rotated",
                detail={"overlap_hours": hours},
            )
            return NewSecret(secret=new, previous_until=previous_until(changed, name, clock.now()))

    def end_overlap(self, actor: Actor, connection_id: str) -> None:
        """Let the secret before sign no longer, from now on. Nothing happens when there is none.

        Raises:
            Refusal: As `rotate`.
        """
        with self._store.transaction() as session:
            connection, name, kept = self._opened(session, actor, connection_id)
            if previous_until(kept, name, clock.now()):
                self._keep(session, connection, without_previous(kept, name))
                self._audit.note(session, actor, connection, "delivery.overlap_ended")

    def overlap_until(self, actor: Actor, connection_id: str) -> datetime | None:
        """Until when two secrets sign; empty when one does.

        Raises:
            Refusal: As `rotate`.
        """
        with self._store.transaction() as session:
            _, name, kept = self._opened(session, actor, connection_id)
            return previous_until(kept, name, clock.now())

    def _opened(
        self, session: Session, actor: Actor, connection_id: str
    ) -> tuple[Connection, str, dict[str, str]]:
        # Held, so that of two people who rotate at once the second finds the overlap running.
        connections.locked(session, connection_id)
        connection = access.receiver(session, actor, connection_id)
        name = access.said(connection).secret_field
        if not name:
            raise Refusal("outbound.unsigned", 409)
        kept = self._vault.open(session, _owner(connection), "credentials")
        return connection, name, json.loads(kept or "{}")

    def _keep(
        self, session: Session, connection: Connection, credentials: Mapping[str, str]
    ) -> None:
        self._vault.seal(session, _owner(connection), "credentials", json.dumps(credentials))
        connection.version += 1
        session.add(connection)


def _owner(connection: Connection) -> str:
    return f"connection:{connection.id}"
