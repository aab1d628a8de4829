"""What the file asks for, held against what this program can do; nothing is asked of vendors."""

from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

from dashboard import registry
from dashboard.actions import policy
from dashboard.agents.agents import FIELD_NAME, FieldType
from dashboard.connections import values
from dashboard.contracts.accounts import VendorField
from dashboard.contracts.errors import Refusal
from dashboard.contracts.forms import Field
from dashboard.contracts.manifest import Manifest, OAuth2
from dashboard.mapping import rules
from dashboard.mapping.known import STANDARD
from dashboard.mapping.known import AgentField as Known
from dashboard.mapping.rules import MappingRow
from dashboard.store.actions import ActionRule
from dashboard.texts import say
from dashboard.transfer import document as shape
from dashboard.transfer.describe import open_fields, setting_fields
from dashboard.transfer.document import Path, Source, Trouble

Found = Iterator[tuple[Path, str]]


def troubles(source: Source, language: str) -> list[Trouble]:
    """Everything in the document that cannot be taken, in the order of its lines."""
    looked = _Look(language)
    found = [source.trouble(path, told) for path, told in looked.document(source.document)]
    return sorted(found, key=lambda one: (one.line, one.path))


def rows(lines: list[shape.Row]) -> list[MappingRow]:
    """Lines of a mapping as the mapping room knows them."""
    return [MappingRow(**line.model_dump()) for line in lines]


class _Look:
    def __init__(self, language: str) -> None:
        self._language = language
        self._rules = values.Rules(_web_address, None)

    def document(self, whole: shape.Document) -> Found:
        for provider in whole.oauth_apps:
            yield from self._app(provider, ("oauth_apps", provider))
        names: set[str] = set()
        for number, agent in enumerate(whole.agents):
            path: Path = ("agents", number)
            if agent.name.strip() in names or agent.name != agent.name.strip():
                yield (*path, "name"), self._say("name_twice", name=agent.name)
            names.add(agent.name.strip())
            yield from self._agent(agent, path)

    def _app(self, provider: str, path: Path) -> Found:
        if provider not in registry.ids():
            yield path, self._unknown("provider", provider, registry.ids())
        elif not any(isinstance(one, OAuth2) for one in registry.manifest(provider).auth):
            yield path, self._say("no_oauth", name=provider)

    def _agent(self, agent: shape.Agent, path: Path) -> Found:
        yield from self._fields(agent, (*path, "fields"))
        for number, rule in enumerate(agent.rules):
            yield from self._rule(rule, (*path, "rules", number))
        seen: set[str] = set()
        for number, link in enumerate(agent.connections):
            here: Path = (*path, "connections", number)
            if link.provider in seen:
                yield (*here, "provider"), self._say("provider_twice", name=link.provider)
            seen.add(link.provider)
            yield from self._link(agent, link, here)

    def _fields(self, agent: shape.Agent, path: Path) -> Found:
        seen: set[str] = set()
        for number, field in enumerate(agent.fields):
            if not FIELD_NAME.fullmatch(field.name):
                yield (*path, number, "name"), say(self._language, "agents.field_name")
            if field.name in seen:
                yield (*path, number, "name"), self._say("name_twice", name=field.name)
            if field.type not in get_args(FieldType):
                known = list(get_args(FieldType))
                yield (*path, number, "type"), self._unknown("type", field.type, known)
            seen.add(field.name)

    def _rule(self, rule: shape.Rule, path: Path) -> Found:
        if rule.provider not in registry.ids():
            yield (*path, "provider"), self._unknown("provider", rule.provider, registry.ids())
            return
        known = registry.manifest(rule.provider).actions
        if rule.action not in known:
            yield (*path, "action"), self._unknown("action", rule.action, known)
        try:
            policy.check(ActionRule(agent_id="", **rule.model_dump()))
        except Refusal as refusal:
            yield (*path, refusal.field), self._refused(refusal)

    def _link(self, agent: shape.Agent, link: shape.Link, path: Path) -> Found:
        if link.provider not in registry.ids():
            yield (*path, "provider"), self._unknown("provider", link.provider, registry.ids())
            return
        manifest = registry.manifest(link.provider)
        methods = [one.id for one in manifest.auth]
        if link.method and link.method not in methods:
            yield (*path, "method"), self._unknown("method", link.method, methods)
            return
        asked = open_fields(manifest, link.method)
        yield from self._values(link.open_fields, asked, (*path, "open_fields"))
        yield from self._values(link.settings, setting_fields(manifest), (*path, "settings"))
        known = [event.name for event in manifest.events]
        for number, event in enumerate(link.events or []):
            if event not in known:
                yield (*path, "events", number), self._unknown("event", event, known)
        yield from self._mappings(agent, link, manifest, (*path, "mappings"))

    def _values(self, given: dict[str, Any], asked: dict[str, Field], path: Path) -> Found:
        for name, value in given.items():
            if name not in asked:
                yield (*path, name), self._unknown("field", name, list(asked))
                continue
            try:
                self._rules.clean(asked[name], value)
            except Refusal as refusal:
                yield (*path, name), self._refused(refusal)

    def _mappings(
        self, agent: shape.Agent, link: shape.Link, manifest: Manifest, path: Path
    ) -> Found:
        streams = [one.name for one in manifest.streams]
        ours = [*STANDARD, *(_known(one) for one in agent.fields)]
        for stream, lines in link.mappings.items():
            if stream not in streams:
                yield (*path, stream), self._unknown("stream", stream, streams)
                continue
            for problem in rules.check(rows(lines), ours, _as_saved(lines)):
                told = say(self._language, problem.code, **problem.values)
                yield (*path, stream, max(problem.row, 0)), told

    def _unknown(self, what: str, name: str, known: Any) -> str:
        kind = self._say(f"what_{what}")
        return self._say("unknown", what=kind, name=name, known=", ".join(known) or "—")

    def _say(self, key: str, **values: str) -> str:
        return say(self._language, f"transfer.{key}", **values)

    def _refused(self, refusal: Refusal) -> str:
        return say(self._language, refusal.code, **(refusal.values or {}))


def _known(field: shape.AgentField) -> Known:
    return Known(name=field.name, label=field.label, type=field.type, custom=True)


def _as_saved(lines: list[shape.Row]) -> list[VendorField]:
    """The vendor's fields as they were when the lines were saved; the live ones need a login."""
    return [
        VendorField(
            name=line.vendor_field,
            label=line.vendor_label or line.vendor_field,
            type=line.vendor_type or "text",
        )
        for line in lines
    ]


def _web_address(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Refusal("connections.field_invalid")
    return url
