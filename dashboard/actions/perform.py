"""Carries runs out: begun on disk before the vendor is called, ended in one transaction after."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from dashboard import clock, registry
from dashboard.actions.calls import CHECKABLE, Calls, can_be_checked
from dashboard.actions.journal import name, write
from dashboard.actions.machine import Event, State, move
from dashboard.actions.outcomes import (
    Outcome,
    Reading,
    of_check,
    of_first_call,
    of_lost_call,
)
from dashboard.actions.sent import keep_sent
from dashboard.actions.turns import Door, Turns
from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.actions import Action, Input
from dashboard.contracts.errors import ProviderError, Refusal
from dashboard.contracts.people import Actor
from dashboard.jobs import Jobs
from dashboard.kit.http import Client
from dashboard.store import actions as table
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session, Store

CHECK_AFTER = timedelta(minutes=1)

Call = Callable[[Client, Action, Input, ActionRun], Outcome]


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
        self._calls = Calls(wait=wait)

    @property
    def executor(self) -> str:
        """Name of the process at work, as the engine knows it."""
        return self._jobs.executor

    def begun(self, run: ActionRun) -> ActionRun:
        """The approved run, begun by this process; not saved."""
        run.state = move(run.state, Event.STARTED)
        run.started_at, run.attempts, run.executor = clock.now(), run.attempts + 1, self.executor
        return run

    def finish(self, actor: Actor, run: ActionRun, door: Door) -> ActionRun:
        """Call the vendor for a run that was saved as begun, and write down how it went.

        Args:
            door: Opens the run's connection for one piece of work.
        """
        turns = Turns(self._store, run, door)
        return self._conclude(actor, run, self._outcome(turns, self._calls.first, of_first_call))

    def perform(self, actor: Actor, run_id: str) -> ActionRun:
        """Do what was approved. A run that is past that is returned as it is."""
        with self._store.transaction() as session:
            run = table.lock_action_run(session, run_id)
            assert run is not None  # noqa: S101 - runs are never deleted while they are at work
            if run.state != State.APPROVED:
                return run
            self.begun(run)
        return self.finish(actor, run, self._door(run))

    def recover(self, actor: Actor, run_id: str) -> ActionRun | None:
        """Find out what became of a run whose process died in the middle of the call."""
        with self._store.transaction() as session:
            run = table.lock_action_run(session, run_id)
            if run is None or run.state != State.RUNNING:
                return run
            run.executor = self.executor
        turns = Turns(self._store, run, self._door(run))
        return self._conclude(actor, run, self._outcome(turns, self._calls.lost, of_lost_call))

    def check(self, actor: Actor, run_id: str) -> ActionRun | None:
        """Ask the vendor what became of an unknown run; it stays unknown when nobody can tell.

        Raises:
            Refusal: `actions.cannot_check` (409): the vendor has no way to be asked.
        """
        with self._store.transaction() as session:
            run = session.get(ActionRun, run_id)
        if run is None or run.state != State.UNKNOWN:
            return run
        action = registry.actions(run.provider)[run.action]
        if not can_be_checked(action, run.started_at or run.created_at):
            raise Refusal("actions.cannot_check", 409)
        turns = Turns(self._store, run, self._door(run))
        return self._resolve(actor, run, self._outcome(turns, self._calls.checked, of_check))

    # --- the call -------------------------------------------------------------------------

    def _door(self, run: ActionRun) -> Door:
        return partial(self._opener.with_client, run.connection_id)

    def _outcome(self, turns: Turns, call: Call, reading: Reading) -> Outcome:
        run = turns.run
        action = registry.actions(run.provider)[run.action]
        request = action.takes.model_validate(run.arguments)
        try:
            # A 401 is a definite no, so that the opener may try once more with a fresh token.
            return turns.take(lambda client: call(client, action, request, run))
        except Refusal as refusal:
            return reading(action, refusal, turns.met)
        except ProviderError as error:
            self._opener.apply(run.connection_id, error)
            return reading(action, error, turns.met)

    # --- the outcome ----------------------------------------------------------------------

    def _conclude(self, actor: Actor, run: ActionRun, outcome: Outcome) -> ActionRun:
        """The run as it ended; as somebody else has written it, when we came too late."""
        with self._store.transaction() as session:
            _settle(run, outcome)
            if not table.end(session, run, held=State.RUNNING):
                return session.get_one(ActionRun, run.id, populate_existing=True)
            self._follow_up(session, run)
            write(self._audit, session, actor, run)
            return run

    def _resolve(self, actor: Actor, asked: ActionRun, outcome: Outcome) -> ActionRun:
        with self._store.transaction() as session:
            run = table.lock_action_run(session, asked.id)
            if run is None or run.state != State.UNKNOWN:
                return run or asked
            if outcome.event is Event.LOST:
                run.error_reason = outcome.reason
                return run
            _settle(run, outcome)
            run.decided_by, run.decided_at = name(actor), clock.now()
            self._follow_up(session, run)
            write(self._audit, session, actor, run)
            return run

    def _follow_up(self, session: Session, run: ActionRun) -> None:
        action = registry.actions(run.provider)[run.action]
        if run.state == State.SUCCEEDED:
            keep_sent(session, run)
            self._refresh(session, run, action)
        elif run.state == State.UNKNOWN and action.repeat in CHECKABLE:
            self._jobs.enqueue_in(
                session,
                "actions.check",
                {"run_id": run.id},
                key=run.id,
                group=run.provider,
                delay=CHECK_AFTER,
                priority=20,
            )

    def _refresh(self, session: Session, run: ActionRun, action: Action) -> None:
        """Have the record read again, so that pages show what the agent did."""
        external_id = run.result.get("external_id")
        stream = action.touched(run.arguments)
        if stream and external_id:
            args = {"connection_id": run.connection_id, "stream": stream}
            self._jobs.enqueue_in(
                session,
                "inbound.refetch",
                {**args, "external_id": external_id},
                group=run.provider,
                priority=5,
            )


def _settle(run: ActionRun, outcome: Outcome) -> None:
    run.state = move(run.state, outcome.event)
    run.result, run.finished_at = dict(outcome.result), clock.now()
    run.error_code, run.error_reason = outcome.code, outcome.reason
    run.vendor_request_id = outcome.request_id
