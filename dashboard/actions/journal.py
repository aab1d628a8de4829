"""What the journal says of a run: who, what, how it went; values only where people decide."""

from typing import Any

from dashboard.actions.machine import State
from dashboard.actions.payload import masked
from dashboard.audit.log import Audit
from dashboard.contracts.people import Actor
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session

OUTCOMES = {
    State.SUCCEEDED: "ok",
    State.FAILED: "failed",
    State.DENIED: "refused",
    State.UNKNOWN: "unknown",
}


def name(actor: Actor) -> str:
    """Who it was, as a run remembers it."""
    return actor.name or f"{actor.kind}:{actor.id}"


def token(actor: Actor) -> str:
    """Id of the API token it was; empty for a person or the desk itself."""
    return actor.id if actor.kind == "token" else ""


def write(audit: Audit, session: Session, actor: Actor, run: ActionRun) -> None:
    """Put the run's state into the journal: names and digest of the arguments, no values."""
    _write(audit, session, actor, run, {})


def write_with_payload(audit: Audit, session: Session, actor: Actor, run: ActionRun) -> None:
    """As `write`, with exactly what is decided about; secrets are hidden, the digest is of all."""
    _write(audit, session, actor, run, {"payload": masked(run.arguments), "key": run.key})


def _write(
    audit: Audit, session: Session, actor: Actor, run: ActionRun, more: dict[str, Any]
) -> None:
    detail = {
        "run": run.id,
        "state": str(run.state),
        "digest": run.digest,
        "fields": sorted(run.arguments),
        **more,
        **({"error": run.error_code} if run.error_code else {}),
    }
    audit.write(
        session,
        actor,
        f"action.{run.action}",
        outcome=OUTCOMES.get(State(run.state), "ok"),
        agent_id=run.agent_id,
        connection_id=run.connection_id,
        provider=run.provider,
        detail=detail,
        request_id=run.vendor_request_id,
    )
