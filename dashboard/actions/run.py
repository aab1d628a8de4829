"""What agents ask for: parsed, decided, claimed under a key, done once, written down."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dashboard import clock, registry
from dashboard.actions import arguments as given
from dashboard.actions import catalogue, policy
from dashboard.actions.auto_reply import AutoReply
from dashboard.actions.calls import can_be_checked
from dashboard.actions.catalogue import Offer
from dashboard.actions.decide import Decisions
from dashboard.actions.journal import name, token, write, write_with_payload
from dashboard.actions.machine import Event, State, move
from dashboard.actions.perform import Performer
from dashboard.actions.rules import Rules, action_of
from dashboard.actions.upkeep import Upkeep
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.actions import Action, Input
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.jobs import Job, Jobs
from dashboard.mapping.mappings import Mappings
from dashboard.store import actions as table
from dashboard.store import connections
from dashboard.store.actions import ActionRule, ActionRun
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection

TWIN_WAIT_SECONDS = 2.0
TWIN_STEP_SECONDS = 0.1
UNDER_WAY = frozenset({"approved", "running"})


class Actions:
    """The only writer of action runs.

    Call `register()` once at start, in every process that works.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        opener: Opener,
        audit: Audit,
        mappings: Mappings,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._jobs, self._audit, self._mappings = store, jobs, audit, mappings
        self._opener, self._wait = opener, wait
        self._performer = Performer(store, jobs, opener, audit, wait)
        self._decisions = Decisions(store, audit, self._performer)
        self._upkeep = Upkeep(store, jobs, self._performer, self._decisions)
        self._rules = Rules(store, audit)

    def register(self) -> None:
        """Take the jobs and ticks of this room."""
        self._jobs.register("actions.auto_reply", self.auto_reply)
        self._upkeep.register()

    def catalogue(self, actor: Actor, agent_id: str) -> list[Offer]:
        """Every action there is, and which of them this agent may use now."""
        require(actor, Role.VIEWER, agent_id)
        with self._store.transaction() as session:
            rules = table.rules_of(session, agent_id)
            return catalogue.offers(table.connections_of(session, agent_id), rules)

    def run(
        self,
        actor: Actor,
        agent_id: str,
        provider: str,
        action: str,
        arguments: Mapping[str, Any],
        *,
        key: str = "",
    ) -> ActionRun:
        """Do it once; a repeat under the same key gives the first result, whatever it was.

        Raises:
            Refusal: `actions.unknown`, `actions.exempt`, `actions.not_connected`,
                `actions.needs_reauth`, `actions.missing_scope`, `actions.invalid`,
                `actions.key_reused`, `actions.in_progress`.
        """
        require(actor, Role.OPERATOR, agent_id)
        wanted = action_of(provider, action)
        digest = given.digest(provider, wanted, arguments)
        try:
            connection = self._connection(agent_id, provider)
            request = self._request(wanted, connection, arguments)
        except Refusal:
            # What was done stays done, also when it could not be done now.
            first = self._earlier(agent_id, key)
            if first is None:
                raise
            return self._repeated(first, digest)
        asked = ActionRun(
            agent_id=agent_id,
            connection_id=connection.id,
            provider=provider,
            action=action,
            key=key or secrets.token_hex(16),
            digest=digest,
            arguments=request.model_dump(mode="json", exclude_unset=True),
            requested_by=name(actor),
            requested_token=token(actor),
        )
        first = self._claim(actor, asked, request)
        if first is not None:
            return self._repeated(first, digest)
        return self._performer.finish(actor, asked, partial(self._opener.with_row, connection))

    def provider_of(self, actor: Actor, agent_id: str, action: str, *, key: str = "") -> str:
        """The connected provider that offers an action; under a used key, the one it ran at.

        Raises:
            Refusal: `actions.unknown` (404) when nobody has it, `actions.none_connected` or
                `actions.several` (409).
        """
        require(actor, Role.OPERATOR, agent_id)
        if (earlier := self._earlier(agent_id, key)) is not None:
            return earlier.provider
        with self._store.transaction() as session:
            linked = table.connections_of(session, agent_id)
        return catalogue.only_provider(action, linked)

    # --- decisions of people --------------------------------------------------------------

    def approve(self, actor: Actor, run_id: str) -> ActionRun:
        """Let a proposed run happen, and do it.

        Raises:
            Refusal: `actions.unknown_run` (404), `actions.staff_only` (403) for an agent's own
                token, `actions.own_request` (403) for the token that asked, `actions.decided` or
                `actions.expired` (409).
        """
        return self._decisions.approve(actor, run_id)

    def deny(self, actor: Actor, run_id: str) -> ActionRun:
        """Refuse a proposed run.

        Raises:
            Refusal: As `approve`.
        """
        return self._decisions.make(actor, run_id, Event.DENIED)

    def confirm_done(self, actor: Actor, run_id: str) -> ActionRun:
        """A person has seen at the vendor that an unknown run did happen.

        Raises:
            Refusal: As `approve`.
        """
        return self._decisions.make(actor, run_id, Event.FOUND_DONE)

    def confirm_not_done(self, actor: Actor, run_id: str) -> ActionRun:
        """A person has seen at the vendor that an unknown run did not happen.

        Raises:
            Refusal: As `approve`.
        """
        return self._decisions.make(actor, run_id, Event.FOUND_UNDONE)

    def check_again(self, actor: Actor, run_id: str) -> ActionRun:
        """Ask the vendor what became of an unknown run; still unknown when it does not tell.

        Raises:
            Refusal: As `approve`, and `actions.cannot_check` (409) where the vendor has neither
                a look-up nor, any longer, our key.
        """
        return self._decisions.check(actor, run_id)

    def can_check(self, provider: str, action: str, begun_at: datetime) -> bool:
        """Whether the vendor can still be asked what became of a run that began then."""
        return can_be_checked(action_of(provider, action), begun_at)

    def rules(self, actor: Actor, agent_id: str) -> list[ActionRule]:
        """What staff have said about this agent; without a rule an action is allowed."""
        return self._rules.of(actor, agent_id)

    def set_rule(self, actor: Actor, rule: ActionRule) -> None:
        """Say what an agent may do; replaces the earlier rule about this action.

        Raises:
            Refusal: `actions.unknown`, `actions.exempt`, `actions.bad_rule`.
        """
        self._rules.set(actor, rule)

    def set_rules(self, actor: Actor, agent_id: str, rules: Sequence[ActionRule]) -> None:
        """Let these be all the rules of an agent; nothing changes when one of them is wrong.

        Raises:
            Refusal: As `set_rule`.
        """
        self._rules.replace(actor, agent_id, rules)

    def auto_reply(self, job: Job) -> None:
        """Job `actions.auto_reply` {connection_id, event_id, conversation_id, at}."""
        AutoReply(self._store, self.run).answer(job.args)

    # --- inside ---------------------------------------------------------------------------

    def _connection(self, agent_id: str, provider: str) -> Connection:
        with self._store.transaction() as session:
            connection = connections.living(session, agent_id, provider)
        manifest = registry.manifest(provider)
        if connection is None or connection.state in catalogue.NOT_YET:
            raise Refusal("actions.not_connected", 409, values={"provider": manifest.name})
        if connection.state not in catalogue.USABLE:
            raise Refusal("actions.needs_reauth", 409, values={"provider": manifest.name})
        return connection

    def _request(
        self, wanted: Action, connection: Connection, arguments: Mapping[str, Any]
    ) -> Input:
        manifest = registry.manifest(connection.provider)
        if scope := catalogue.missing_scope(manifest, connection, wanted.name):
            raise Refusal("actions.missing_scope", 403, values={"scope": scope})
        if given.AGENT_FIELDS in arguments and given.takes_agent_fields(wanted):
            fields, stream = arguments[given.AGENT_FIELDS], wanted.touches
            if not isinstance(fields, dict):
                raise Refusal("actions.bad_agent_fields", field=given.AGENT_FIELDS)
            mapped = self._mappings.to_vendor(connection.id, stream, fields)
            arguments = given.with_custom_fields(arguments, mapped)
        return given.parse(wanted, arguments)

    def _claim(self, actor: Actor, asked: ActionRun, request: Input) -> ActionRun | None:
        """Take the key for this run and decide about it; the earlier run when it is taken.

        An allowed run is approved and begun in the same transaction: on disk before the vendor
        is called, and there is None to give back.
        """
        with self._store.transaction() as session:
            self._decide(asked, self._verdict(session, asked, request))
            if not table.claim(session, asked):
                return table.run_by_key(session, asked.agent_id, asked.key)
            if asked.state == State.RUNNING:
                return None
            note = write if asked.state == State.DENIED else write_with_payload
            note(self._audit, session, actor, asked)
            return asked

    def _decide(self, asked: ActionRun, verdict: policy.Verdict) -> None:
        asked.error_code = verdict.code
        if verdict.decision is policy.Decision.APPROVAL:
            return
        allowed = verdict.decision is policy.Decision.ALLOWED
        asked.state = move(asked.state, Event.APPROVED if allowed else Event.DENIED)
        asked.decided_at = clock.now()
        if allowed:
            self._performer.begun(asked)

    def _verdict(self, session: Session, run: ActionRun, request: Input) -> policy.Verdict:
        rule = table.rule(session, run.agent_id, run.provider, run.action)
        midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        today = table.count_runs(session, run, midnight) if rule and rule.daily_limit else 0
        return policy.decide(rule, today, given.amount(request))

    def _earlier(self, agent_id: str, key: str) -> ActionRun | None:
        with self._store.transaction() as session:
            return table.run_by_key(session, agent_id, key) if key else None

    def _repeated(self, first: ActionRun, digest: str) -> ActionRun:
        if first.digest != digest:
            raise Refusal("actions.key_reused", 409, field="key")
        waited = 0.0
        while first.state in UNDER_WAY:
            if waited >= TWIN_WAIT_SECONDS:
                raise Refusal("actions.in_progress", 409, values={"run": first.id})
            self._wait(TWIN_STEP_SECONDS)
            waited += TWIN_STEP_SECONDS
            first = self._reread(first)
        return first

    def _reread(self, run: ActionRun) -> ActionRun:
        with self._store.transaction() as session:
            return session.get_one(ActionRun, run.id)
