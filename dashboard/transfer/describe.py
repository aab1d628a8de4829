"""The configuration that is in force, as a document."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dashboard import registry
from dashboard.assembly import Dashboard
from dashboard.contracts.forms import Field, Kind
from dashboard.contracts.manifest import Manifest
from dashboard.store import actions, agents, reads_people
from dashboard.store.agents import Agent
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.transfer import document as shape
from dashboard.transfer.document import Document

# Extra headers often carry a password; it would be no use without them.
WITHHELD = frozenset({Kind.SECRET, Kind.PAIRS})


def describe(desk: Dashboard) -> Document:
    """Everything that staff have chosen; agents by name, the rest by its own order."""
    with desk.store.transaction() as session:
        apps = reads_people.oauth_apps(session)
        found = sorted(agents.all_agents(session), key=lambda one: (one.name, one.id))
        described = [_agent(desk, session, one) for one in found]
    named = {name: shape.App(client_id=apps[name].client_id) for name in sorted(apps)}
    return Document(oauth_apps=named, agents=described)


def open_fields(manifest: Manifest, method: str) -> dict[str, Field]:
    """What a way of signing in asks and is no secret, by name."""
    found = manifest.method(method) if method else manifest.auth[0]
    fields = found.fields if found else ()
    return {one.name: one for one in fields if one.kind not in WITHHELD}


def setting_fields(manifest: Manifest) -> dict[str, Field]:
    """Settings that may stand in a file, by name."""
    return {one.name: one for one in manifest.settings_fields() if one.kind not in WITHHELD}


def link(desk: Dashboard, row: Connection) -> shape.Link:
    """One connection."""
    manifest = registry.manifest(row.provider)
    allowed, asked = open_fields(manifest, row.method), setting_fields(manifest)
    kept = {name: row.settings[name] for name in sorted(row.settings) if name in asked}
    return shape.Link(
        provider=row.provider,
        environment="sandbox" if row.environment == "sandbox" else "live",
        method=row.method,
        open_fields={
            name: _without_secrets(allowed[name], row.open_fields[name])
            for name in sorted(row.open_fields)
            if name in allowed
        },
        settings={name: value for name, value in kept.items() if value is not None},
        events=list(row.events),
        mappings=_mappings(desk, row, manifest),
    )


def _agent(desk: Dashboard, session: Session, agent: Agent) -> shape.Agent:
    rules = actions.rules_of(session, agent.id)
    living = sorted(actions.connections_of(session, agent.id).items())
    return shape.Agent(
        name=agent.name,
        sample=dict(sorted(agent.sample.items())),
        fields=[
            shape.AgentField(name=one.name, label=one.label, type=one.type)
            for one in agents.fields_of(session, agent.id)
        ],
        rules=[_rule(rules[place]) for place in sorted(rules)],
        connections=[link(desk, row) for _, row in living],
    )


def _rule(row: actions.ActionRule) -> shape.Rule:
    return shape.Rule(**row.model_dump(exclude={"agent_id"}))


def _mappings(desk: Dashboard, row: Connection, manifest: Manifest) -> dict[str, list[shape.Row]]:
    found = {one.name: desk.mappings.current(row.id, one.name) for one in manifest.streams}
    return {
        name: [shape.Row(**_plain(asdict(line))) for line in lines]
        for name, lines in sorted(found.items())
        if lines
    }


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    argument = line["argument"]
    whole = dict(argument) if isinstance(argument, Mapping) else argument
    return {**line, "argument": whole}


def _without_secrets(asked: Field, value: str) -> str:
    """An address without a password and a query, where others keep their tokens."""
    if asked.kind is not Kind.URL:
        return value
    parts = urlsplit(value)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
