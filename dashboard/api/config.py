"""How a connection is configured: settings, mapping, events."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from dashboard import registry
from dashboard.api import links, rows
from dashboard.api.needs import Body, Caller, Desk, Linked
from dashboard.api.shapes import ConfigShape
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import RANK, Actor, Role
from dashboard.queries.overview import Link

router = APIRouter(tags=["connections"])
_PATH = "/agents/{agentId}/integrations/{integrationId}/config"


class ConfigBody(Body):
    """What is to be saved; what is left out stays as it is."""

    settings: dict[str, Any] | None = None
    mapping: dict[str, list[rows.RowBody]] | None = None
    events: list[str] | None = Field(None, max_length=100)


@router.get(_PATH)
def read_config(link: Linked, desk: Desk, actor: Caller) -> ConfigShape:
    """Read settings, mapping and events; secrets show only their last characters."""
    return _shape(desk, actor, link)


@router.put(_PATH)
def save_config(body: ConfigBody, link: Linked, desk: Desk, actor: Caller) -> ConfigShape:
    """Save what is given. Each part is checked whole before it is saved."""
    manifest = registry.manifest(link.provider)
    for stream in body.mapping or {}:
        if manifest.stream(stream) is None:
            values = {"integration": link.provider, "stream": stream[:100]}
            raise Refusal("api.no_stream", 404, field="mapping", values=values)
    if body.settings is not None:
        save_settings(desk, actor, link.id, {**link.settings, **body.settings})
    for stream, lines in (body.mapping or {}).items():
        desk.mappings.save(actor, link.id, stream, rows.parsed(lines))
    if body.events is not None:
        desk.configure.save_events(actor, link.id, body.events)
    return _shape(desk, actor, desk.queries.overview.connection(link.id) or link)


def save_settings(
    desk: Dashboard, actor: Actor, connection_id: str, settings: dict[str, Any]
) -> None:
    """Save settings, told apart from those the service reported about itself."""
    desk.configure.save_settings(actor, connection_id, settings)


def _shape(desk: Dashboard, actor: Actor, link: Link) -> ConfigShape:
    manifest = registry.manifest(link.provider)
    trusted = RANK[actor.role] >= RANK[Role.OPERATOR]
    return ConfigShape(
        settings=links.settings(manifest, link),
        mapping={
            stream.name: [rows.shape(row) for row in found]
            for stream in manifest.streams
            if (found := desk.mappings.current(link.id, stream.name))
        },
        events=list(link.events),
        available_events=[event.name for event in manifest.events],
        credentials=desk.configure.masked(link.id),
        # The address is itself the secret that callers prove themselves by.
        webhook_url=desk.configure.hook_url(link) if manifest.hooks and trusted else None,
    )
