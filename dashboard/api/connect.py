"""Connecting, testing and disconnecting."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from dashboard import registry
from dashboard.api import links
from dashboard.api.needs import (
    AgentId,
    Asks,
    Body,
    Caller,
    Desk,
    Key,
    Language,
    Linked,
    Provider,
    filled,
    living,
)
from dashboard.api.repeatable import Repeatable
from dashboard.api.shapes import (
    CheckShape,
    ConnectionShape,
    DisconnectedShape,
    FlowShape,
    FlowStarted,
    TestShape,
)
from dashboard.assembly import Dashboard
from dashboard.connections.machine import WORKING
from dashboard.connections.repeats import mark
from dashboard.contracts.accounts import Check
from dashboard.contracts.errors import AuthExpired, ProviderError, Refusal
from dashboard.contracts.manifest import OAuth2
from dashboard.contracts.people import Actor
from dashboard.store.connections import Connection, OAuthFlow

router = APIRouter(tags=["connections"], route_class=Repeatable)
_BASE = "/agents/{agentId}/integrations/{integrationId}"


class ConnectBody(Body):
    """How to connect. Without `method`, the integration's first one."""

    method: str = ""
    credentials: dict[str, Annotated[str, Field(max_length=20_000)]] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    environment: Literal["live", "sandbox"] = "live"


@router.post(
    _BASE + "/connect",
    status_code=201,
    responses={202: {"model": FlowStarted, "description": "A person must allow it first."}},
)
def connect(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    body: ConnectBody,
    agent_id: AgentId,
    provider: Provider,
    desk: Desk,
    actor: Caller,
    language: Language,
    response: Response,
    key: Key = "",
) -> ConnectionShape | FlowStarted:
    """Connect an agent: by keys at once (201), by OAuth after a person's consent (202).

    An agent has at most one connection to an integration. The same `Idempotency-Key` with the
    same body gives the first answer again; without a key a repeat is refused (409).
    """
    asked = mark(actor, key, {"place": [agent_id, provider], **body.model_dump()}) if key else None
    wish = _Wish(agent_id, provider, _method(provider, body.method), body, asked)
    # Of two requests at once the second finds what the first has made.
    with desk.connect.alone(actor, agent_id, provider):
        made = _made(desk, actor, wish) or _make(desk, actor, wish)
    if isinstance(made, OAuthFlow):
        response.status_code = 202
        return _started(made)
    return links.connection(living(desk, agent_id, provider), language)


@dataclass(frozen=True)
class _Wish:
    """What one request asks for; `asked` marks it when it came with a key."""

    agent_id: str
    provider: str
    method: str
    body: ConnectBody
    asked: tuple[str, str] | None


def _made(desk: Dashboard, actor: Actor, wish: _Wish) -> OAuthFlow | Connection | None:
    """What the same request has made before; None for a first one, or an unfinished one."""
    if wish.asked is None:
        return None
    row = desk.connect.made_by(actor, wish.agent_id, wish.provider, wish.asked)
    if row is None or row.state in WORKING:
        return row
    return desk.connect.pending_flow(row.id)


def _make(desk: Dashboard, actor: Actor, wish: _Wish) -> OAuthFlow | Connection:
    row = desk.connect.begin(
        actor,
        wish.agent_id,
        wish.provider,
        method=wish.method,
        environment=wish.body.environment,
    )
    try:
        flow = None
        if isinstance(registry.manifest(wish.provider).method(wish.method), OAuth2):
            flow = _leave(desk, actor, row, wish.body)
        else:
            _prove(desk, actor, row, wish.body)
    except (Refusal, ProviderError):
        # A connection that worked before stays: then there is nothing to abandon.
        with suppress(Refusal):
            desk.connect.abandon(actor, row.id)
        raise
    if wish.asked:
        desk.connect.remember(row.id, wish.asked)
    return flow or row


def _method(provider: str, wanted: str) -> str:
    manifest = registry.manifest(provider)
    if wanted and manifest.method(wanted) is None:
        known = ", ".join(method.id for method in manifest.auth)
        raise Refusal("api.method_unknown", field="method", values={"known": known})
    return wanted or manifest.auth[0].id


def _prove(desk: Dashboard, actor: Actor, row: Connection, body: ConnectBody) -> None:
    try:
        desk.connect.submit_keys(actor, row.id, _credentials(desk, row, body))
    except AuthExpired as refused:
        if refused.code != AuthExpired.word():
            raise
        # Nothing has expired: these keys never worked here.
        values = {"reason": refused.reason or "401"}
        raise Refusal(
            "api.credentials_refused", 409, field="credentials", values=values
        ) from refused
    _choose(desk, actor, row, body)
    _activate(desk, actor, row.id)


def _activate(desk: Dashboard, actor: Actor, connection_id: str) -> None:
    failed = desk.connect.activate(actor, connection_id).blocking
    if failed:
        told = ", ".join(f"{check.name} ({check.detail})" for check in failed)
        raise Refusal("api.test_failed", 409, values={"checks": told})


def _choose(desk: Dashboard, actor: Actor, row: Connection, body: ConnectBody) -> None:
    if body.settings:
        desk.configure.save_settings(actor, row.id, body.settings)


def _leave(desk: Dashboard, actor: Actor, row: Connection, body: ConnectBody) -> OAuthFlow:
    _choose(desk, actor, row, body)
    return desk.connect.authorize(actor, row.id, body.credentials, owner=f"token:{actor.id}")


def _started(flow: OAuthFlow) -> FlowStarted:
    return FlowStarted(
        flow_id=flow.id,
        authorization_url=flow.authorization_url,
        expires_at=flow.expires_at,
        connection_id=flow.connection_id,
    )


def _credentials(desk: Dashboard, row: Connection, body: ConnectBody) -> dict[str, str]:
    """What was sent; a sandbox fills in what was left out, it has no account to ask."""
    if row.environment != "sandbox":
        return body.credentials
    sample = desk.sandboxes.credentials(row.provider, row.tenant, row.method)
    return {**sample, **body.credentials}


@router.get("/flows/{flowId}")
def read_flow(
    flowId: str,  # noqa: N803 - the documented name of the path's part
    asks: Asks,
    actor: Caller,
    language: Language,
) -> FlowShape:
    """How a sign-in that was begun stands."""
    found = asks.flow(actor, flowId)
    if found is None:
        raise Refusal("api.flow_unknown", 404)
    flow, connection = found
    return FlowShape(
        flow_id=flow.id,
        status="expired" if flow.error_code == "oauth.expired" else flow.status,
        agent_id=connection.agent_id,
        integration_id=connection.provider,
        connection_state=connection.state,
        error=links.trouble(flow, connection.provider, language),
    )


@router.post(_BASE + "/activate")
def activate(link: Linked, desk: Desk, actor: Caller, language: Language) -> ConnectionShape:
    """Start a connection that is signed in but not at work, once its test passes.

    After a sign-in the desk does this by itself; when the test fails, correct what it names
    (`PUT .../config`) and ask again.
    """
    _activate(desk, actor, link.id)
    return links.connection(living(desk, link.agent_id, link.provider), language)


@router.post(_BASE + "/test")
def test(link: Linked, desk: Desk, actor: Caller, language: Language) -> TestShape:
    """Try the connection for real: account, permissions, each chosen operation."""
    tested = desk.checker.test(actor, link.id)
    fresh = desk.queries.overview.connection(link.id) or link
    return TestShape(
        ok=tested.ok,
        account=links.account(fresh),
        checks=[_check(check, link.provider, language) for check in tested.checks],
    )


def _check(check: Check, provider: str, language: str) -> CheckShape:
    words = registry.words(provider, language)
    title = filled(words, "checks", check.name, check.name)
    return CheckShape(name=check.name, ok=check.ok, detail=check.detail, title=title)


@router.delete(_BASE)
def disconnect(link: Linked, desk: Desk, actor: Caller, language: Language) -> DisconnectedShape:
    """Disconnect: access is taken back at the service, or it is said why it could not be."""
    done = desk.disconnect.disconnect(actor, link.id)
    why = links.sentence(link.provider, language, done.why_not) if done.why_not else ""
    return DisconnectedShape(
        revoked=done.revoked,
        unsubscribed=done.unsubscribed,
        kept=dict(done.kept),
        why_not=why,
        manual_url=done.manual_url,
    )
