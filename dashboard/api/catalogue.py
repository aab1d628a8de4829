"""The integrations there are, and how an agent stands with each."""

# ruff: noqa: FAST003 - `agentId` and `integrationId` are taken by dependencies of needs.py
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response

from dashboard import registry
from dashboard.api import links
from dashboard.api.needs import AgentId, Caller, Desk, Language, Linked, Provider, filled
from dashboard.api.shapes import ConnectionShape, Integration, Integrations
from dashboard.queries.overview import Link

router = APIRouter(tags=["integrations"])
_Agent = Annotated[str, Query(description="Tell how this agent stands with each.")]


@router.get("/integrations", response_model_exclude_unset=True)
def list_integrations(
    desk: Desk, actor: Caller, language: Language, agent_id: _Agent = ""
) -> Integrations:
    """List all integrations; with `agent_id` also state, environment and account."""
    if not agent_id:
        return Integrations(integrations=[_plain(p, language) for p in registry.ids()])
    cards = desk.queries.overview.cards(desk.agents.get(actor, agent_id).id)
    return _list({card.provider: card.link for card in cards}, language)


@router.get("/agents/{agentId}/integrations", response_model_exclude_unset=True)
def list_of_agent(desk: Desk, agent_id: AgentId, language: Language) -> Integrations:
    """List all integrations as this agent stands with them."""
    cards = desk.queries.overview.cards(agent_id)
    return _list({card.provider: card.link for card in cards}, language)


@router.get("/agents/{agentId}/integrations/{integrationId}")
def read_connection(link: Linked, language: Language) -> ConnectionShape:
    """Read one connection of an agent."""
    return links.connection(link, language)


@router.get(
    "/integrations/{integrationId}/icon.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
def icon(provider: Provider) -> Response:
    """The icon; needs no token, so that any page can show it."""
    headers = {
        "cache-control": "public, max-age=86400",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(registry.icon(provider), media_type="image/svg+xml", headers=headers)


def _list(found: Mapping[str, Link | None], language: str) -> Integrations:
    return Integrations(
        integrations=[_standing(provider, link, language) for provider, link in found.items()]
    )


def _plain(provider: str, language: str) -> Integration:
    manifest = registry.manifest(provider)
    return Integration(
        id=provider,
        name=manifest.name,
        description=filled(registry.words(provider, language), "description", "", manifest.name),
        icon=f"/api/integrations/{provider}/icon.svg",
        category=manifest.category.value,
        status="available",
        config={},
    )


def _standing(provider: str, link: Link | None, language: str) -> Integration:
    plain = _plain(provider, language)
    if link is None:
        return plain
    return plain.model_copy(
        update={
            "status": links.status(link),
            "config": links.settings(registry.manifest(provider), link),
            "state": link.state,
            "environment": link.environment,
            "account": links.account(link),
            "last_sync_at": link.last_sync_at,
            "error": links.trouble(link, provider, language),
        }
    )
