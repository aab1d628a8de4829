"""How a connection is configured: settings, mapping, events."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from dashboard import registry
from dashboard.api import rows
from dashboard.api.needs import Asks, Body, Caller, Desk, Linked
from dashboard.api.repeatable import Repeatable
from dashboard.api.shapes import ConfigShape
from dashboard.assembly import Dashboard
from dashboard.connections.reach import effective
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import Manifest
from dashboard.contracts.people import RANK, Actor, Role
from dashboard.mapping.rules import MappingRow
from dashboard.queries.for_api import ForApi
from dashboard.queries.overview import Link
from dashboard.store.connections import Connection
from dashboard.vault.vault import tail

router = APIRouter(tags=["connections"], route_class=Repeatable)
_PATH = "/agents/{agentId}/integrations/{integrationId}/config"


class ConfigBody(Body):
    """What is to be saved; what is left out stays as it is."""

    settings: dict[str, Any] | None = None
    mapping: dict[str, list[rows.RowBody]] | None = None
    events: list[str] | None = Field(None, max_length=100)


@router.get(_PATH)
def read_config(link: Linked, desk: Desk, actor: Caller, asks: Asks) -> ConfigShape:
    """Read settings, mapping and events; secrets show only their last characters."""
    return _shape(desk, asks, actor, link)


@router.put(_PATH)
def save_config(
    body: ConfigBody, link: Linked, desk: Desk, actor: Caller, asks: Asks
) -> ConfigShape:
    """Save what is given: all of it, or nothing when any part is wrong."""
    settings = events = None
    if body.settings is not None:
        settings = desk.configure.checked_settings(actor, link.id, body.settings)
    if body.events is not None:
        events = desk.configure.checked_events(actor, link.id, body.events)
    mapping = {
        stream: _checked_lines(desk, actor, link, stream, lines)
        for stream, lines in (body.mapping or {}).items()
    }
    with desk.store.transaction() as session:
        if settings is not None:
            desk.configure.write_settings(session, actor, link.id, settings)
        if events is not None:
            desk.configure.write_events(session, actor, link.id, events)
        for stream, checked in mapping.items():
            desk.mappings.write(session, actor, (link.id, stream), checked)
    fresh = desk.queries.overview.connection(link.id) or link
    return _shape(desk, asks, actor, fresh)


def _checked_lines(
    desk: Dashboard, actor: Actor, link: Link, stream: str, lines: list[rows.RowBody]
) -> list[MappingRow]:
    if registry.manifest(link.provider).stream(stream) is None:
        values = {"integration": link.provider, "stream": stream[:100]}
        raise Refusal("api.no_stream", 404, field="mapping", values=values)
    try:
        return desk.mappings.checked(actor, link.id, stream, rows.parsed(lines))
    except Refusal as refusal:
        refusal.field = f"mapping.{stream}"
        raise


def _shape(desk: Dashboard, asks: ForApi, actor: Actor, link: Link) -> ConfigShape:
    manifest = registry.manifest(link.provider)
    row = asks.connection(link.id)
    trusted = RANK[actor.role] >= RANK[Role.OPERATOR]
    return ConfigShape(
        settings=_in_force(manifest, row),
        mapping={
            stream.name: [rows.shape(row) for row in found]
            for stream in manifest.streams
            if (found := desk.mappings.current(link.id, stream.name))
        },
        events=list(link.events),
        available_events=[event.name for event in manifest.events],
        credentials=_masked(desk, manifest, row),
        # The address is itself a secret that callers prove themselves by.
        webhook_url=(desk.configure.hook_url(row) or None) if trusted else None,
    )


def _in_force(manifest: Manifest, row: Connection) -> dict[str, Any]:
    hidden = manifest.secret_names()
    shown = {**row.open_fields, **effective(manifest, row)}
    return {name: value for name, value in shown.items() if name not in hidden}


def _masked(desk: Dashboard, manifest: Manifest, row: Connection) -> dict[str, str]:
    """The pasted secrets by their tails; the tokens of OAuth are nobody's to compare."""
    if not row.account_id:
        return {}
    kept = desk.tokens.kept(row.id)
    return {name: tail(kept[name]) for name in sorted(manifest.secret_names()) if kept.get(name)}
