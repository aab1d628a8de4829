"""Agents and their own fields."""

# ruff: noqa: FAST003 - `agentId` and `integrationId` are taken by dependencies of needs.py
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from dashboard.agents.agents import FieldType
from dashboard.api.needs import AgentId, Body, Caller, Desk
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.repeatable import Repeatable
from dashboard.api.shapes import AgentPage, AgentShape, FieldShape
from dashboard.assembly import Dashboard
from dashboard.contracts.people import Actor
from dashboard.store.agents import Agent

router = APIRouter(tags=["agents"], route_class=Repeatable)
Name = Annotated[str, Field(min_length=1, max_length=100)]


class NewAgent(Body):
    """An agent to be."""

    name: Name
    sample: dict[str, Any] = Field(default_factory=dict)


class AgentChange(Body):
    """What is to change; the rest stays."""

    name: Name | None = None
    sample: dict[str, Any] | None = None


class NewField(Body):
    """A field of the agent's own."""

    name: str = Field(max_length=50)
    label: str = Field("", max_length=100)
    type: FieldType = "text"


@router.post("/agents", status_code=201)
def create_agent(body: NewAgent, desk: Desk, actor: Caller) -> AgentShape:
    """Create an agent."""
    return _shape(desk, actor, desk.agents.create(actor, body.name, body.sample))


@router.get("/agents")
def list_agents(desk: Desk, actor: Caller, limit: Limit = 50, cursor: Cursor = "") -> AgentPage:
    """List the agents this token may touch, the oldest first."""
    after = "".join(seen(cursor))
    rows = desk.agents.page(actor, after=after, limit=limit + 1)
    page, following = split(rows, limit, lambda agent: (agent.id,))
    agents = [_shape(desk, actor, agent) for agent in page]
    return AgentPage(agents=agents, next_cursor=following)


@router.get("/agents/{agentId}")
def read_agent(agent_id: AgentId, desk: Desk, actor: Caller) -> AgentShape:
    """Read one agent."""
    return _shape(desk, actor, desk.agents.get(actor, agent_id))


@router.patch("/agents/{agentId}")
def change_agent(body: AgentChange, agent_id: AgentId, desk: Desk, actor: Caller) -> AgentShape:
    """Rename an agent or change its sample values."""
    agent = desk.agents.change(actor, agent_id, name=body.name, sample=body.sample)
    return _shape(desk, actor, agent)


@router.delete("/agents/{agentId}", status_code=204)
def delete_agent(agent_id: AgentId, desk: Desk, actor: Caller) -> Response:
    """Delete an agent that is connected to nothing, with its history."""
    desk.agents.delete(actor, agent_id)
    return Response(status_code=204)


@router.post("/agents/{agentId}/fields", status_code=201)
def add_field(body: NewField, agent_id: AgentId, desk: Desk, actor: Caller) -> FieldShape:
    """Give an agent a field of its own, for mappings."""
    field = desk.agents.add_field(actor, agent_id, name=body.name, label=body.label, kind=body.type)
    return FieldShape(name=field.name, label=field.label, type=field.type)


@router.delete("/agents/{agentId}/fields/{name}", status_code=204)
def delete_field(name: str, agent_id: AgentId, desk: Desk, actor: Caller) -> Response:
    """Take a field of the agent's own away."""
    desk.agents.delete_field(actor, agent_id, name)
    return Response(status_code=204)


def _shape(desk: Dashboard, actor: Actor, agent: Agent) -> AgentShape:
    own = desk.agents.fields(actor, agent.id)
    return AgentShape(
        id=agent.id,
        name=agent.name,
        sample=agent.sample,
        fields=[FieldShape(name=f.name, label=f.label, type=f.type) for f in own],
        created_at=agent.created_at,
    )
