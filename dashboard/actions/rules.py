"""Rules of staff about what an agent may do."""

from collections.abc import Sequence
from typing import Any

from dashboard import registry
from dashboard.actions import policy
from dashboard.audit.log import Audit
from dashboard.contracts.actions import Action
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.store import actions as table
from dashboard.store.actions import ActionRule
from dashboard.store.base import Session, Store


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
        _check(rule)
        with self._store.transaction() as session:
            self._put(session, actor, rule)

    def replace(self, actor: Actor, agent_id: str, rules: Sequence[ActionRule]) -> None:
        """Let these be all the rules of an agent; the others go, all or nothing.

        Raises:
            Refusal: As `set`; `actions.bad_rule` also for two rules about one action.
        """
        require(actor, Role.ADMIN, agent_id)
        wanted = {(rule.provider, rule.action): rule for rule in rules}
        if len(wanted) < len(rules):
            raise Refusal("actions.bad_rule", field="action")
        for rule in rules:
            _check(rule)
        with self._store.transaction() as session:
            before = table.rules_of(session, agent_id)
            for place, rule in wanted.items():
                if place not in before or rule.model_dump() != before[place].model_dump():
                    self._put(session, actor, rule)
            for place in before.keys() - wanted:
                self._drop(session, actor, before[place])

    def _put(self, session: Session, actor: Actor, rule: ActionRule) -> None:
        session.merge(rule)
        detail = rule.model_dump(exclude={"agent_id", "provider"})
        self._note(session, actor, rule, detail)

    def _drop(self, session: Session, actor: Actor, rule: ActionRule) -> None:
        session.delete(rule)
        self._note(session, actor, rule, {"action": rule.action, "decision": "allowed"})

    def _note(
        self, session: Session, actor: Actor, rule: ActionRule, detail: dict[str, Any]
    ) -> None:
        self._audit.write(
            session,
            actor,
            "actions.rule",
            agent_id=rule.agent_id,
            provider=rule.provider,
            detail=detail,
        )


def _check(rule: ActionRule) -> None:
    action_of(rule.provider, rule.action)
    policy.check(rule)


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
