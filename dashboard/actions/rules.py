"""Rules of staff about what an agent may do."""

from dashboard import registry
from dashboard.actions import policy
from dashboard.audit.log import Audit
from dashboard.contracts.actions import Action
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.store import actions as table
from dashboard.store.actions import ActionRule
from dashboard.store.base import Store


class Rules:
    """One rule for each action of each agent; without one everything is allowed."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store, self._audit = store, audit

    def of(self, actor: Actor, agent_id: str) -> list[ActionRule]:
        """The agent's rules, by provider and action."""
        require(actor, Role.VIEWER, agent_id)
        with self._store.transaction() as session:
            found = table.rules_of(session, agent_id)
        return [found[place] for place in sorted(found)]

    def set(self, actor: Actor, rule: ActionRule) -> None:
        """Say what an agent may do; replaces the earlier rule about this action.

        Raises:
            Refusal: `actions.unknown`, `actions.exempt`, `actions.bad_rule`.
        """
        require(actor, Role.ADMIN, rule.agent_id)
        action_of(rule.provider, rule.action)
        policy.check(rule)
        with self._store.transaction() as session:
            session.merge(rule)
            self._audit.write(
                session,
                actor,
                "actions.rule",
                agent_id=rule.agent_id,
                provider=rule.provider,
                detail=rule.model_dump(exclude={"agent_id", "provider"}),
            )


def action_of(provider: str, name: str) -> Action:
    """The action.

    Raises:
        Refusal: `actions.unknown` (404), `actions.exempt` (409) with the vendor's reason.
    """
    if provider not in registry.ids():
        raise Refusal("actions.unknown", 404, values={"action": f"{provider}.{name}"})
    manifest = registry.manifest(provider)
    if name in manifest.exempt:
        values = {"provider": manifest.name, "reason": manifest.exempt[name]}
        raise Refusal("actions.exempt", 409, values=values)
    if name not in manifest.actions:
        raise Refusal("actions.unknown", 404, values={"action": f"{provider}.{name}"})
    return registry.actions(provider)[name]
