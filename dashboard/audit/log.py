"""Writes journal entries inside the caller's transaction: no act without its entry."""

import json
from typing import Any

from sqlmodel import Session

from dashboard import clock
from dashboard.audit import chain
from dashboard.audit.seal import KeySource, Sealer, no_key
from dashboard.audit.verify import Verdict, verify
from dashboard.contracts.people import SYSTEM, Actor
from dashboard.store import audit
from dashboard.store.audit import Head
from dashboard.store.base import Store
from dashboard.store.connections import Connection


class Audit:
    """The journal's only writer.

    Args:
        key: Where the key comes from that seals the journal's head.
    """

    def __init__(self, key: KeySource = no_key) -> None:
        self._sealer = Sealer(key)

    def write(  # noqa: PLR0913 - the columns of an entry, all but three by name
        self,
        session: Session,
        actor: Actor,
        action: str,
        *,
        outcome: str = "ok",
        agent_id: str = "",
        connection_id: str = "",
        provider: str = "",
        detail: dict[str, Any] | None = None,
        request_id: str = "",
    ) -> None:
        """Add an entry.

        Args:
            action: `area.verb`, such as `connection.activated`; has words in both languages.
            outcome: ok | refused | failed | unknown
            detail: JSON values without secrets; personal data only where a person decided
                about exactly that.
            request_id: The vendor's id of the call.
        """
        session.flush()
        before = audit.lock_head(session, chain.FIRST)
        entry = {
            "at": clock.now(),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "action": action,
            "agent_id": agent_id,
            "connection_id": connection_id,
            "provider": provider,
            "outcome": outcome,
            # As it will be read back: else its hash would differ.
            "detail": json.loads(json.dumps(detail or {}, allow_nan=False)),
            "vendor_request_id": request_id,
            "previous_hash": before.hash,
        }
        entry["hash"] = chain.digest(entry)
        audit.add(session, entry)
        head = Head(before.entries + 1, entry["hash"], "")
        audit.move_head(session, self._sealer.follows(session, before, head))

    def note(  # noqa: PLR0913 - as `write`
        self,
        session: Session,
        actor: Actor,
        connection: Connection,
        action: str,
        *,
        outcome: str = "ok",
        detail: dict[str, Any] | None = None,
        request_id: str = "",
    ) -> None:
        """Add an entry about a connection, as `write` does."""
        self.write(
            session,
            actor,
            action,
            outcome=outcome,
            agent_id=connection.agent_id,
            connection_id=connection.id,
            provider=connection.provider,
            detail=detail,
            request_id=request_id,
        )

    def begin(self, store: Store) -> None:
        """Seal the head that an upgrade left without a seal, and say so in the journal.

        Call at start, before anything is written. A seal that was taken off later is put back
        here as well; the entry then stands where no upgrade was.
        """
        with store.transaction() as session:
            head = audit.lock_head(session, chain.FIRST)
            if head.seal or not head.entries:
                return
            audit.move_head(session, self._sealer.sealed(session, head))
            self.write(session, SYSTEM, "journal.sealed", detail={"entries": head.entries})

    def verify(self, store: Store) -> Verdict:
        """Prove that nobody has changed, removed or inserted an entry; reads the whole journal."""
        return verify(store, self._sealer)
