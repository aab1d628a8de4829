"""Agents: created, renamed and deleted by staff or through the API."""

import re
from collections.abc import Sequence
from typing import Any, Literal, get_args

from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.store import agents as rows
from dashboard.store.base import Session, Store

DEMO = "Demo"
# What previews of a mapping show until an agent has met a real customer.
DEMO_SAMPLE = {
    "client_name": "Мария Петрова",
    "phone": "+7 916 123-45-67",
    "email": "maria@example.com",
    "city": "Казань",
    "need": "Кухня на заказ",
    "budget": "250 000 ₽",
}
FieldType = Literal["text", "number", "date", "boolean"]
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


class Agents:
    """Keeps agents and their own fields."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store, self._audit = store, audit

    def all(self, actor: Actor) -> Sequence[rows.Agent]:
        """The agents this actor may see, the oldest first."""
        with self._store.transaction() as session:
            found = rows.all_agents(session)
        return [agent for agent in found if actor.agent_id in ("", agent.id)]

    def page(self, actor: Actor, *, after: str, limit: int) -> Sequence[rows.Agent]:
        """Up to `limit` agents this actor may see, after the id `after`."""
        with self._store.transaction() as session:
            return rows.agents_after(session, after, limit, only=actor.agent_id)

    def get(self, actor: Actor, agent_id: str) -> rows.Agent:
        """One agent.

        Raises:
            Refusal: `agents.unknown` (404), also when it is another token's agent.
        """
        with self._store.transaction() as session:
            return _known(session, actor, agent_id)

    def create(self, actor: Actor, name: str, sample: dict[str, Any] | None = None) -> rows.Agent:
        """A new agent.

        Raises:
            Refusal: `agents.name_missing`, or 403 for a token that belongs to one agent.
        """
        require(actor, Role.OPERATOR)
        if actor.agent_id:
            raise Refusal("agents.token_of_one", 403)
        agent = rows.Agent(name=_name(name), sample=sample or {})
        with self._store.transaction() as session:
            session.add(agent)
            session.flush()
            self._note(session, actor, "agent.created", agent)
        return agent

    def change(
        self,
        actor: Actor,
        agent_id: str,
        *,
        name: str | None = None,
        sample: dict[str, Any] | None = None,
    ) -> rows.Agent:
        """Change what is given.

        Raises:
            Refusal: `agents.unknown` (404), `agents.name_missing`.
        """
        with self._store.transaction() as session:
            agent = _held(session, actor, agent_id)
            require(actor, Role.OPERATOR, agent_id)
            agent.name = agent.name if name is None else _name(name)
            agent.sample = agent.sample if sample is None else sample
            self._note(session, actor, "agent.changed", agent)
        return agent

    def delete(self, actor: Actor, agent_id: str) -> None:
        """Delete an agent that is connected to nothing, with its records and history.

        Raises:
            Refusal: `agents.unknown` (404); `agents.still_connected` (409): access at the vendors
                must be taken back first, by disconnecting.
        """
        with self._store.transaction() as session:
            agent = _held(session, actor, agent_id)
            require(actor, Role.ADMIN, agent_id)
            linked = rows.linked_providers(session, agent_id)
            if linked:
                names = {"integrations": ", ".join(linked)}
                raise Refusal("agents.still_connected", 409, values=names)
            self._note(session, actor, "agent.deleted", agent)
            rows.delete_agent(session, agent_id)

    def ensure_demo(self) -> None:
        """Put the agent "Demo" into an empty desk, so that there is something to connect."""
        with self._store.transaction() as session:
            if not rows.all_agents(session):
                session.add(rows.Agent(name=DEMO, sample=dict(DEMO_SAMPLE)))

    def fields(self, actor: Actor, agent_id: str) -> Sequence[rows.AgentField]:
        """The fields staff added to an agent.

        Raises:
            Refusal: `agents.unknown` (404).
        """
        with self._store.transaction() as session:
            _known(session, actor, agent_id)
            return rows.fields_of(session, agent_id)

    def add_field(
        self, actor: Actor, agent_id: str, *, name: str, label: str, kind: str = "text"
    ) -> rows.AgentField:
        """A new field of an agent.

        Raises:
            Refusal: `agents.unknown` (404), `agents.field_name`, `agents.field_taken` (409),
                `agents.field_type`.
        """
        if not FIELD_NAME.fullmatch(name):
            raise Refusal("agents.field_name", field="name")
        if kind not in get_args(FieldType):
            raise Refusal("agents.field_type", field="type")
        field = rows.AgentField(agent_id=agent_id, name=name, label=label.strip() or name)
        field.type = kind
        with self._store.transaction() as session:
            agent = _held(session, actor, agent_id)
            require(actor, Role.OPERATOR, agent_id)
            if any(known.name == name for known in rows.fields_of(session, agent_id)):
                raise Refusal("agents.field_taken", 409, field="name", values={"name": name})
            session.add(field)
            self._note(session, actor, "agent.field_added", agent, field=name)
        return field

    def delete_field(self, actor: Actor, agent_id: str, name: str) -> None:
        """Take a field away; mappings that use it say so by themselves.

        Raises:
            Refusal: `agents.unknown` or `agents.field_unknown` (404).
        """
        with self._store.transaction() as session:
            agent = _held(session, actor, agent_id)
            require(actor, Role.OPERATOR, agent_id)
            found = [f for f in rows.fields_of(session, agent_id) if f.name == name]
            if not found:
                raise Refusal("agents.field_unknown", 404, values={"name": name})
            rows.delete_field(session, found[0].id)
            self._note(session, actor, "agent.field_deleted", agent, field=name)

    def _note(
        self, session: Session, actor: Actor, action: str, agent: rows.Agent, **detail: str
    ) -> None:
        told = {"name": agent.name, **detail}
        self._audit.write(session, actor, action, agent_id=agent.id, detail=told)


def _known(session: Session, actor: Actor, agent_id: str) -> rows.Agent:
    agent = session.get(rows.Agent, agent_id)
    if agent is None or actor.agent_id not in ("", agent_id):
        raise Refusal("agents.unknown", 404)
    return agent


def _held(session: Session, actor: Actor, agent_id: str) -> rows.Agent:
    """As `_known`; nobody else writes to the agent or its fields, nor connects it, meanwhile."""
    _known(session, actor, agent_id)
    agent = rows.locked(session, agent_id)
    if agent is None:
        raise Refusal("agents.unknown", 404)
    return agent


def _name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= 100:
        raise Refusal("agents.name_missing", field="name")
    return name
