"""Writes journal entries inside the caller's transaction: no act without its entry."""

import json
from typing import Any

from sqlmodel import Session

from dashboard.audit import chain
from dashboard.contracts.people import Actor
from dashboard.store import audit
from dashboard.store.audit import AuditEntry


class Audit:
    """The journal's only writer."""

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
            detail: JSON values without secrets and personal data.
            request_id: The vendor's id of the call.
        """
        entry = AuditEntry(
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            agent_id=agent_id,
            connection_id=connection_id,
            provider=provider,
            outcome=outcome,
            # As it will be read back: else its hash would differ.
            detail=json.loads(json.dumps(detail or {}, allow_nan=False)),
            vendor_request_id=request_id,
            previous_hash=audit.lock_head(session) or chain.FIRST,
            hash="",
        )
        entry.hash = chain.digest(entry)
        session.add(entry)
        session.flush()
