"""Rules of staff about what an agent may do by itself."""

from fastapi import APIRouter

from dashboard.api.action_shapes import Rules, RuleShape
from dashboard.api.needs import AgentId, Caller, Desk
from dashboard.api.repeatable import Repeatable
from dashboard.assembly import Dashboard
from dashboard.contracts.people import Actor
from dashboard.store.actions import ActionRule

router = APIRouter(prefix="/agents/{agentId}/rules", tags=["actions"], route_class=Repeatable)


@router.get("")
def read_rules(agent_id: AgentId, desk: Desk, actor: Caller) -> Rules:
    """The rules of an agent; an action without one is allowed."""
    return _told(desk, actor, agent_id)


@router.put("")
def replace_rules(body: Rules, agent_id: AgentId, desk: Desk, actor: Caller) -> Rules:
    """Let these be all the rules of an agent; those left out go. For admins.

    `decision`: allowed | approval | forbidden.
    """
    desk.actions.set_rules(actor, agent_id, [_row(agent_id, rule) for rule in body.rules])
    return _told(desk, actor, agent_id)


def _told(desk: Dashboard, actor: Actor, agent_id: str) -> Rules:
    return Rules(rules=[_shape(rule) for rule in desk.actions.rules(actor, agent_id)])


def _row(agent_id: str, rule: RuleShape) -> ActionRule:
    said = rule.model_dump(exclude={"integration_id"})
    return ActionRule(agent_id=agent_id, provider=rule.integration_id, **said)


def _shape(row: ActionRule) -> RuleShape:
    said = row.model_dump(exclude={"agent_id", "provider"})
    return RuleShape(integration_id=row.provider, **said)
