"""One call at the vendor, and an honest answer to "did it happen?"."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard import clock, registry
from dashboard.actions.machine import Event, State, move
from dashboard.actions.sent import keep_sent
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.actions import Action, Effect, Input, Output, Repeat
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Refusal,
    Unavailable,
    Unsupported,
)
from dashboard.contracts.people import Actor
from dashboard.jobs import Jobs
from dashboard.kit.http import Client
from dashboard.store import actions as table
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session, Store

LONGEST_WAIT_SECONDS = 5.0
SHORT_PAUSE_SECONDS = 0.5
REPEATABLE = (Repeat.SAFE, Repeat.KEYED)
OUTCOMES = {
    State.SUCCEEDED: "ok",
    State.FAILED: "failed",
    State.DENIED: "refused",
    State.UNKNOWN: "unknown",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended."""

    event: Event
    result: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    reason: str = ""
    request_id: str = ""


class Performer:
    """Calls the vendor outside any transaction and writes the outcome with its audit entry.

    Args:
        wait: Sleeps for some seconds; replaced where nobody wants to wait.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        opener: Opener,
        audit: Audit,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._jobs, self._opener, self._audit = store, jobs, opener, audit
        self._wait = wait

    def perform(self, actor: Actor, run_id: str) -> ActionRun:
        """Do what was approved. A run that is past that is returned as it is."""
        with self._store.transaction() as session:
            run = table.lock_action_run(session, run_id)
            assert run is not None  # noqa: S101 - runs are never deleted while they are at work
            if run.state != State.APPROVED:
                return run
            run.state = move(run.state, Event.STARTED)
            run.started_at, run.attempts = clock.now(), run.attempts + 1
        return self._conclude(actor, run, self._outcome(run, self._first_call))

    def recover(self, actor: Actor, run_id: str) -> ActionRun | None:
        """Find out what became of a run whose process died in the middle of the call."""
        with self._store.transaction() as session:
            run = table.lock_action_run(session, run_id)
        if run is None or run.state != State.RUNNING:
            return run
        return self._conclude(actor, run, self._outcome(run, self._lost_call))

    def _outcome(
        self, run: ActionRun, call: Callable[[Client, Action, Input, ActionRun], Output]
    ) -> Outcome:
        action = registry.actions(run.provider)[run.action]
        request = action.takes.model_validate(run.arguments)
        try:
            # A 401 is a definite no, so that the opener may try once more with a fresh token.
            return self._opener.with_client(
                run.connection_id, lambda client: _done(client, call(client, action, request, run))
            )
        except Refusal as refusal:
            return Outcome(event=Event.FAILED, code=refusal.code)
        except ProviderError as error:
            self._opener.apply(run.connection_id, error)
            return _failure(action, error)

    def _first_call(self, client: Client, action: Action, request: Input, run: ActionRun) -> Output:
        try:
            return _call(client, action, request, run)
        except RateLimited as slow:
            # The vendor has done nothing yet, so a second try is safe whatever the action.
            if slow.retry_after > LONGEST_WAIT_SECONDS:
                raise
            self._wait(slow.retry_after)
            return _call(client, action, request, run)
        except Unavailable:
            if action.repeat not in REPEATABLE:
                raise
            self._wait(SHORT_PAUSE_SECONDS)
            return self._lost_call(client, action, request, run)
        except OutcomeUnknown:
            return self._lost_call(client, action, request, run)

    def _lost_call(self, client: Client, action: Action, request: Input, run: ActionRun) -> Output:
        """What the first call did, by asking again where that does no harm.

        Raises:
            OutcomeUnknown: It cannot be told.
        """
        if action.repeat is Repeat.NEVER:
            raise OutcomeUnknown(detail=f"{action.name}: only a person can tell")
        try:
            if action.repeat in REPEATABLE:
                return _call(client, action, request, run)
            found = _look_up(client, action, request, run)
        except (AuthExpired, RateLimited, Unavailable) as silent:
            raise OutcomeUnknown(detail=silent.detail, reason=silent.reason) from silent
        return found or _call(client, action, request, run)

    def _conclude(self, actor: Actor, run: ActionRun, outcome: Outcome) -> ActionRun:
        with self._store.transaction() as session:
            now = table.lock_action_run(session, run.id)
            if now is None or now.state != State.RUNNING:
                return now or run
            now.state = move(now.state, outcome.event)
            now.result, now.finished_at = dict(outcome.result), clock.now()
            now.error_code, now.error_reason = outcome.code, outcome.reason
            now.vendor_request_id = outcome.request_id
            if now.state == State.SUCCEEDED:
                keep_sent(session, now)
            self._refresh(session, now)
            write(self._audit, session, actor, now)
            return now

    def _refresh(self, session: Session, run: ActionRun) -> None:
        """Have the record read again, so that pages show what the agent did."""
        touched = registry.actions(run.provider)[run.action].touches
        external_id = run.result.get("external_id")
        if run.state == State.SUCCEEDED and touched and external_id:
            args = {"connection_id": run.connection_id, "stream": touched}
            self._jobs.enqueue_in(
                session, "inbound.refetch", {**args, "external_id": external_id}, priority=5
            )


def write(audit: Audit, session: Session, actor: Actor, run: ActionRun) -> None:
    """Put the run's state into the journal: names and digest of the arguments, no values."""
    audit.write(
        session,
        actor,
        f"action.{run.action}",
        outcome=OUTCOMES.get(State(run.state), "ok"),
        agent_id=run.agent_id,
        connection_id=run.connection_id,
        provider=run.provider,
        detail={
            "run": run.id,
            "state": str(run.state),
            "digest": run.digest,
            "fields": sorted(run.arguments),
            **({"error": run.error_code} if run.error_code else {}),
        },
        request_id=run.vendor_request_id,
    )


def _call(client: Client, action: Action, request: Input, run: ActionRun) -> Output:
    # The run's own id is the vendor's key: short, and the same for every try of this run.
    return action.run(client, request, key=run.id)


def _look_up(client: Client, action: Action, request: Input, run: ActionRun) -> Output | None:
    assert action.lookup is not None  # noqa: S101 - contracts.actions makes sure of it
    return action.lookup(client, request, run.id, run.started_at or run.created_at)


def _done(client: Client, output: Output) -> Outcome:
    result = output.model_dump(mode="json")
    return Outcome(event=Event.SUCCEEDED, result=result, request_id=client.last_request_id)


def _failure(action: Action, error: ProviderError) -> Outcome:
    event = Event.FAILED
    if isinstance(error, (PermissionMissing, Unsupported)):
        event = Event.DENIED
    elif isinstance(error, OutcomeUnknown) and action.effect is not Effect.READ:
        event = Event.LOST
    reason = error.reason
    if isinstance(error, RateLimited):
        reason = reason or f"retry after {error.retry_after:.0f} s"
    return Outcome(event=event, code=error.code, reason=reason, request_id=error.request_id)
