"""Which connections a person may ask deliveries of."""

from dashboard import registry
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import Deliveries
from dashboard.contracts.people import Actor, Role, require
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.events import CONNECTED


def receiver(session: Session, actor: Actor, connection_id: str) -> Connection:
    """A connected receiver that this person may change.

    Raises:
        Refusal: `outbound.not_a_receiver`, `outbound.not_connected`, or the role is too low.
    """
    require(actor, Role.OPERATOR)
    connection = session.get(Connection, connection_id)
    if connection is None or actor.agent_id not in ("", connection.agent_id):
        raise Refusal("outbound.not_a_receiver", 404)
    said(connection)
    if connection.state not in CONNECTED:
        raise Refusal("outbound.not_connected", 409)
    return connection


def listener(session: Session, actor: Actor, connection_id: str) -> Connection:
    """As `receiver`, and one that is not paused.

    Raises:
        Refusal: Also `outbound.paused`.
    """
    connection = receiver(session, actor, connection_id)
    if connection.paused:
        raise Refusal("outbound.paused", 409)
    return connection


def said(connection: Connection) -> Deliveries:
    """What the provider declares about deliveries.

    Raises:
        Refusal: `outbound.not_a_receiver`.
    """
    declared = registry.manifest(connection.provider).deliveries
    if declared is None:
        raise Refusal("outbound.not_a_receiver", 409)
    return declared
