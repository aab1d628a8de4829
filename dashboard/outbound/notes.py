"""Lines of the journal about what people asked of deliveries."""

from dashboard.audit.log import Audit
from dashboard.contracts.people import Actor
from dashboard.store.base import Session
from dashboard.store.connections import Connection


def note(
    audit: Audit,
    session: Session,
    actor: Actor,
    connection: Connection,
    action: str,
    **told: object,
) -> None:
    """Write who asked what of which receiver."""
    audit.write(
        session,
        actor,
        action,
        agent_id=connection.agent_id,
        connection_id=connection.id,
        provider=connection.provider,
        detail=told,
    )
