"""Brings a document into force: all of it or nothing, in one transaction."""

from dataclasses import dataclass

from dashboard import registry
from dashboard.assembly import Dashboard
from dashboard.connections import values
from dashboard.connections.reach import effective
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.oauth.apps import owner as app_owner
from dashboard.store import actions, agents, flows, reads_people
from dashboard.store import connections as links
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.transfer import checks, describe
from dashboard.transfer import document as shape
from dashboard.transfer.document import Document, Invalid, Source, Trouble
from dashboard.transfer.plan import Kind, Plan, compare

UNPROVEN = ("draft", "authorizing", "needs_reauth")


@dataclass(frozen=True, kw_only=True)
class Needed:
    """A secret that no file may hold.

    Args:
        agent: Whose connection needs a login; empty for an app's secret.
    """

    provider: str
    agent: str = ""


def plan(desk: Dashboard, source: Source, language: str) -> Plan:
    """What would change; nothing is written.

    Raises:
        Invalid: Something in the document cannot be taken, or two agents share a name.
    """
    if found := checks.troubles(source, language):
        raise Invalid(found)
    now = describe.describe(desk)
    names = [agent.name for agent in now.agents]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        told = Refusal("transfer.desk_twice", 409, values={"names": ", ".join(twice)})
        raise told
    planned = compare(now, source.document)
    if moved := _moved(now, source):
        raise Invalid(moved)
    return planned


def apply(desk: Dashboard, actor: Actor, source: Source, language: str) -> Plan:
    """Make the desk like the document; what it does not mention stays. Again, it changes nothing.

    Raises:
        Invalid, Refusal: As `plan`; nothing is changed then.
    """
    planned = plan(desk, source, language)
    if planned.is_empty:
        return planned
    with desk.store.transaction() as session:
        for provider, app in source.document.oauth_apps.items():
            _save_app(desk, session, actor, provider, app.client_id)
        known = {one.name: one for one in agents.all_agents(session)}
        for wanted in source.document.agents:
            _Agent(desk, session, actor).bring(known.get(wanted.name), wanted)
        created = len(planned.of(Kind.CREATE))
        detail = {"created": created, "count": len(planned.of(Kind.CHANGE))}
        desk.audit.write(session, actor, "desk.imported", detail=detail)
    return planned


def needed(desk: Dashboard, document: Document) -> list[Needed]:
    """What a person has to enter or sign in to before all of the document works."""
    found: list[Needed] = []
    with desk.store.transaction() as session:
        apps = reads_people.oauth_apps(session)
        for provider in document.oauth_apps:
            sealed = desk.vault.names(session, app_owner(provider))
            if provider not in apps or "client_secret" not in sealed:
                found.append(Needed(provider=provider))
        known = {one.name: one for one in agents.all_agents(session)}
        for agent in document.agents:
            row = known.get(agent.name)
            for link in agent.connections:
                living = links.living(session, row.id, link.provider) if row else None
                if living is None or living.state in UNPROVEN:
                    found.append(Needed(provider=link.provider, agent=agent.name))
    return found


def _moved(now: Document, source: Source) -> list[Trouble]:
    """Connections that would have to change worlds: that takes a disconnect first."""
    there = {(a.name, one.provider): one for a in now.agents for one in a.connections}
    found = []
    for number, agent in enumerate(source.document.agents):
        for place, link in enumerate(agent.connections):
            old = there.get((agent.name, link.provider))
            if old and old.environment != link.environment:
                path = ("agents", number, "connections", place, "environment")
                found.append(source.trouble(path, f"{old.environment} → {link.environment}"))
    return found


def _save_app(
    desk: Dashboard, session: Session, actor: Actor, provider: str, client_id: str
) -> None:
    old = flows.app(session, provider)
    if old and old.client_id == client_id:
        return
    if old:
        # The secret of another app would only fail later, and less clearly.
        desk.vault.forget(session, app_owner(provider))
    flows.save_app(session, provider, client_id)
    desk.audit.write(session, actor, "oauth_app.saved", provider=provider)


class _Agent:
    """One agent of the document, within the transaction of the whole."""

    def __init__(self, desk: Dashboard, session: Session, actor: Actor) -> None:
        self._desk, self._session, self._actor = desk, session, actor

    def bring(self, row: agents.Agent | None, wanted: shape.Agent) -> None:
        if row is None:
            row = agents.Agent(name=wanted.name)
            self._session.add(row)
            self._session.flush()
            self._note("agent.created", row)
        if wanted.sample and wanted.sample != row.sample:
            row.sample = wanted.sample
            self._session.add(row)
            self._note("agent.changed", row)
        self._fields(row, wanted)
        self._rules(row, wanted)
        for link in wanted.connections:
            self._link(row, link)

    def _fields(self, row: agents.Agent, wanted: shape.Agent) -> None:
        known = {one.name: one for one in agents.fields_of(self._session, row.id)}
        for field in wanted.fields:
            label = field.label or field.name
            fresh = agents.AgentField(agent_id=row.id, name=field.name, label=label)
            kept = known.get(field.name) or fresh
            kept.label, kept.type = label, field.type
            self._session.add(kept)
        self._session.flush()

    def _rules(self, row: agents.Agent, wanted: shape.Agent) -> None:
        known = actions.rules_of(self._session, row.id)
        for rule in wanted.rules:
            new = actions.ActionRule(agent_id=row.id, **rule.model_dump())
            if known.get((rule.provider, rule.action)) == new:
                continue
            self._session.merge(new)
            detail = rule.model_dump(exclude={"provider"})
            self._note("actions.rule", row, provider=rule.provider, **detail)

    def _link(self, agent: agents.Agent, wanted: shape.Link) -> None:
        row = links.living(self._session, agent.id, wanted.provider)
        if row is None:
            row = self._draft(agent, wanted)
        now = describe.link(self._desk, row)
        if wanted.open_fields and wanted.open_fields != now.open_fields:
            row.open_fields = {**row.open_fields, **wanted.open_fields}
            self._session.add(row)
            self._session.flush()
        if any(now.settings.get(name) != value for name, value in wanted.settings.items()):
            self._settings(row, wanted)
        if wanted.events is not None and sorted(wanted.events) != sorted(now.events or []):
            known = [one.name for one in registry.manifest(row.provider).events]
            chosen = [name for name in known if name in wanted.events]
            self._desk.configure.write_events(self._session, self._actor, row.id, chosen)
        for stream, lines in wanted.mappings.items():
            place = (row.id, stream)
            self._desk.mappings.write(self._session, self._actor, place, checks.rows(lines))

    def _draft(self, agent: agents.Agent, wanted: shape.Link) -> Connection:
        method = wanted.method or registry.manifest(wanted.provider).auth[0].id
        row = Connection(agent_id=agent.id, provider=wanted.provider)
        made = self._desk.connect.draft_in(
            self._session, self._actor, row, method=method, environment=wanted.environment
        )
        self._session.flush()
        return made

    def _settings(self, row: Connection, wanted: shape.Link) -> None:
        manifest = registry.manifest(row.provider)
        asked = describe.setting_fields(manifest)
        rules = values.Rules(lambda url: url, None)
        given = {name: rules.clean(asked[name], value) for name, value in wanted.settings.items()}
        after = {**effective(manifest, row), **given}
        self._desk.configure.write_settings(self._session, self._actor, row.id, after)

    def _note(
        self, word: str, row: agents.Agent, /, *, provider: str = "", **detail: object
    ) -> None:
        told = {"name": row.name, **detail}
        self._desk.audit.write(
            self._session, self._actor, word, agent_id=row.id, provider=provider, detail=told
        )
