"""The first click: a row to hang everything else on."""

import sqlalchemy.exc

from dashboard import registry
from dashboard.connections import hook_keys
from dashboard.connections.machine import UNFINISHED, Event, State, move
from dashboard.connections.tools import Tools
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import Manifest
from dashboard.contracts.people import Actor
from dashboard.oauth.refresh import owner
from dashboard.sandbox import shelf
from dashboard.store import connections, flows, mapping
from dashboard.store.base import Session
from dashboard.store.connections import Connection

ENVIRONMENTS = ("live", "sandbox")


def known(provider: str) -> Manifest:
    """The provider's manifest.

    Raises:
        Refusal: `connections.no_provider` (404).
    """
    if provider not in registry.ids():
        raise Refusal("connections.no_provider", 404, values={"provider": provider})
    return registry.manifest(provider)


def begin(
    tools: Tools, actor: Actor, agent_id: str, provider: str, wish: tuple[str, str]
) -> Connection:
    """A draft, one's own unfinished one, or the connection that needs a new login.

    Args:
        wish: (auth method, environment); an empty method is the provider's first.
    """
    manifest = known(provider)
    place, wish = (agent_id, provider), _checked(manifest, *wish)
    try:
        return _begun(tools, actor, place, wish)
    except sqlalchemy.exc.IntegrityError:
        # Two people clicked at the same moment; the other one's row is there now.
        return _begun(tools, actor, place, wish)


def _begun(tools: Tools, actor: Actor, place: tuple[str, str], wish: tuple[str, str]) -> Connection:
    with tools.store.transaction() as session:
        if connections.agent_name(session, place[0]) is None:
            raise Refusal("connections.no_agent", 404)
        found = connections.living(session, *place)
        row = connections.locked(session, found.id) if found else None
        if row is not None and row.state != State.DISCONNECTED:
            return _reused(tools, session, row, wish)
        row = Connection(agent_id=place[0], provider=place[1])
        return new(tools, session, actor, row, wish)


def _checked(manifest: Manifest, method: str, environment: str) -> tuple[str, str]:
    method = method or manifest.auth[0].id
    if manifest.method(method) is None:
        raise Refusal("connections.no_method", field="method")
    if environment not in ENVIRONMENTS:
        raise Refusal("connections.bad_environment", field="environment")
    return method, environment


def new(
    tools: Tools, session: Session, actor: Actor, row: Connection, wish: tuple[str, str]
) -> Connection:
    """Make the draft in the caller's transaction, for a provider, method and world that exist."""
    manifest = registry.manifest(row.provider)
    row.method, row.environment = wish
    row.events = manifest.usual_events()
    hook_keys.make(session, tools.vault, row, manifest)
    _enter_world(session, row)
    session.add(row)
    detail: dict[str, object] = {"environment": row.environment}
    tools.audit.note(session, actor, row, "connection.begun", detail=detail)
    return row


def _reused(tools: Tools, session: Session, row: Connection, wish: tuple[str, str]) -> Connection:
    method, environment = wish
    if row.state == State.NEEDS_REAUTH:
        if environment != row.environment:
            raise Refusal("connections.other_environment", 409, field="environment")
        return row
    if row.state not in UNFINISHED:
        raise _already(registry.manifest(row.provider))
    if (row.method, row.environment) != wish:
        _restart(tools, session, row)
        row.method, row.environment = method, environment
        _enter_world(session, row)
        session.add(row)
    return row


def _restart(tools: Tools, session: Session, row: Connection) -> None:
    row.state = move(row.state, Event.RESTARTED)
    row.account_id = row.account_name = row.account_url = ""
    row.account_details, row.open_fields, row.settings = {}, {}, {}
    row.events = registry.manifest(row.provider).usual_events()
    row.granted_scopes, row.checks = [], []
    row.configured_at, row.version = None, row.version + 1
    row.token_expires_at = row.refresh_due_at = None
    tools.vault.forget(session, owner(row.id), "credentials")
    flows.supersede(session, row.id, "oauth.superseded")
    mapping.forget(session, row.id)


def _enter_world(session: Session, row: Connection) -> None:
    """A sandbox connection gets a vendor of its own."""
    if row.environment == "sandbox" and not row.tenant:
        row.tenant = shelf.create(session, row.provider)
    elif row.environment == "live":
        row.tenant = ""


def _already(manifest: Manifest) -> Refusal:
    return Refusal("connections.already", 409, values={"provider": manifest.name})
