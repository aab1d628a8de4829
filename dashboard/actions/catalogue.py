"""What an agent can do, and for what it cannot, why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard import registry
from dashboard.actions.arguments import AGENT_FIELDS, takes_agent_fields
from dashboard.contracts.actions import Action
from dashboard.contracts.categories import VOCABULARY
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import Manifest
from dashboard.store.actions import ActionRule
from dashboard.store.connections import Connection

USABLE = frozenset({"active", "degraded"})
NOT_YET = frozenset({"draft", "authorizing"})


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One action of one provider, as one agent may use it.

    Args:
        decision: allowed | approval | forbidden, by the agent's rules.
        why_not: Text key of what stands in the way; empty when available.
        why_values: Named parts of that sentence.
    """

    provider: str
    action: str
    effect: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    available: bool
    decision: str = "allowed"
    why_not: str = ""
    why_values: Mapping[str, str] = field(default_factory=dict)


def offers(
    connections: Mapping[str, Connection], rules: Mapping[tuple[str, str], ActionRule]
) -> list[Offer]:
    """Every action of every provider, those that cannot be used included."""
    return [
        offer
        for provider in registry.ids()
        for offer in _offers_of(registry.manifest(provider), connections.get(provider), rules)
    ]


def missing_scope(manifest: Manifest, connection: Connection, action: str) -> str:
    """A permission the action needs and the account's owner did not grant; empty for none.

    A vendor that never names the granted scopes is believed to have granted all.
    """
    granted = set(connection.granted_scopes)
    for scope in manifest.scopes(connection.method):
        if granted and action in scope.needed_by and scope.name not in granted:
            return scope.name
    return ""


def only_provider(action: str, connections: Mapping[str, Connection]) -> str:
    """The one connected provider that has an action.

    Raises:
        Refusal: `actions.unknown` (404) when no provider has it, `actions.none_connected` or
            `actions.several` (409), naming the providers.
    """
    able = [name for name in registry.ids() if action in registry.manifest(name).actions]
    if not able:
        raise Refusal("actions.unknown", 404, values={"action": action[:100]})
    linked = [n for n in able if n in connections and connections[n].state not in NOT_YET]
    if len(linked) == 1:
        return linked[0]
    code = "actions.several" if linked else "actions.none_connected"
    values = {"action": action, "providers": ", ".join(linked or able)}
    raise Refusal(code, 409, field="action", values=values)


def _offers_of(
    manifest: Manifest,
    connection: Connection | None,
    rules: Mapping[tuple[str, str], ActionRule],
) -> Iterator[Offer]:
    known = registry.actions(manifest.id) if manifest.actions else {}
    for name in manifest.actions:
        rule = rules.get((manifest.id, name))
        yield _offer(manifest, known[name], connection, rule.decision if rule else "allowed")
    for name in VOCABULARY[manifest.category].actions:
        if name in manifest.exempt:
            yield _excused(manifest, name)


def _offer(
    manifest: Manifest, action: Action, connection: Connection | None, decision: str
) -> Offer:
    code, values = _obstacle(manifest, action.name, connection, decision)
    return Offer(
        provider=manifest.id,
        action=action.name,
        effect=action.effect.value,
        description=action.takes.__doc__ or "",
        input_schema=_input_schema(action),
        output_schema=action.gives.model_json_schema(mode="serialization"),
        available=not code,
        decision=decision,
        why_not=code,
        why_values=values,
    )


def _obstacle(
    manifest: Manifest, action: str, connection: Connection | None, decision: str
) -> tuple[str, dict[str, str]]:
    if connection is None or connection.state in NOT_YET:
        return "actions.not_connected", {"provider": manifest.name}
    if connection.state not in USABLE:
        return "actions.needs_reauth", {"provider": manifest.name}
    if scope := missing_scope(manifest, connection, action):
        return "actions.missing_scope", {"scope": scope}
    if decision == "forbidden":
        return "actions.forbidden", {}
    return "", {}


def _excused(manifest: Manifest, name: str) -> Offer:
    return Offer(
        provider=manifest.id,
        action=name,
        effect="",
        description="",
        input_schema={},
        output_schema={},
        available=False,
        why_not="actions.exempt",
        why_values={"provider": manifest.name, "reason": manifest.exempt[name]},
    )


def _input_schema(action: Action) -> dict[str, Any]:
    schema = action.takes.model_json_schema()
    if not takes_agent_fields(action):
        return schema
    extra = {
        "type": "object",
        "description": "The agent's own field -> value; written by the field mapping.",
    }
    return {**schema, "properties": {**schema["properties"], AGENT_FIELDS: extra}}
