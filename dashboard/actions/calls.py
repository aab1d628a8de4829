"""Calls at the vendor, and an honest answer to "did it happen?"."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import clock
from dashboard.actions.machine import Event
from dashboard.actions.outcomes import Outcome
from dashboard.contracts.actions import Action, Input, Output, Repeat
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Unavailable,
)
from dashboard.kit.http import Client
from dashboard.store.actions import ActionRun

LONGEST_WAIT_SECONDS = 5.0
SHORT_PAUSE_SECONDS = 0.5
REPEATABLE = (Repeat.SAFE, Repeat.KEYED)
CHECKABLE = (Repeat.LOOKUP, Repeat.KEYED)
# The shortest time after which a vendor forgets an idempotency key is a day.
KEY_LASTS = timedelta(hours=20)
# Answers of a vendor that has not looked at the request at all.
_SILENT = (AuthExpired, PermissionMissing, RateLimited, Unavailable)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The ways a run may meet its vendor; each gives an `Outcome` or raises the vendor's word.

    Args:
        wait: Sleeps for some seconds.
    """

    wait: Callable[[float], None]

    def first(self, client: Client, action: Action, request: Input, run: ActionRun) -> Outcome:
        """Do it, once; a lost answer is asked for again where that does no harm.

        Raises:
            ProviderError: OutcomeUnknown when it cannot be told whether it happened.
        """
        return _done(client, self._first(client, action, request, run))

    def lost(self, client: Client, action: Action, request: Input, run: ActionRun) -> Outcome:
        """What a call did whose answer never came, or the call itself when it had no effect.

        Raises:
            ProviderError: OutcomeUnknown when it cannot be told.
        """
        return _done(client, _lost(client, action, request, run))

    def checked(self, client: Client, action: Action, request: Input, run: ActionRun) -> Outcome:
        """What became of an unknown run, by a look-up; by its key where the vendor keeps keys.

        Raises:
            ProviderError: OutcomeUnknown when the vendor does not tell now either.
        """
        if action.repeat is Repeat.LOOKUP:
            found = _look_up(client, action, request, run)
            if found is None:
                return Outcome(event=Event.FOUND_UNDONE, code="actions.not_done")
        else:
            found = _asked_again(client, action, request, run)
        return _done(client, found, Event.FOUND_DONE)

    def _first(self, client: Client, action: Action, request: Input, run: ActionRun) -> Output:
        try:
            return _call(client, action, request, run)
        except RateLimited as slow:
            # The vendor has done nothing yet, so a second try is safe whatever the action.
            if slow.retry_after > LONGEST_WAIT_SECONDS:
                raise
            self.wait(slow.retry_after)
            return _call(client, action, request, run)
        except Unavailable:
            if action.repeat not in REPEATABLE:
                raise
            self.wait(SHORT_PAUSE_SECONDS)
            return _lost(client, action, request, run)
        except OutcomeUnknown:
            return _lost(client, action, request, run)


def can_be_checked(action: Action, begun_at: datetime) -> bool:
    """Whether the vendor can still be asked what became of a run, without any harm."""
    if action.repeat is Repeat.KEYED:
        return clock.now() - begun_at < KEY_LASTS
    return action.repeat is Repeat.LOOKUP


def _done(client: Client, output: Output, event: Event = Event.SUCCEEDED) -> Outcome:
    result = output.model_dump(mode="json")
    return Outcome(event=event, result=result, request_id=client.last_request_id)


def _call(client: Client, action: Action, request: Input, run: ActionRun) -> Output:
    # The run's own id is the vendor's key: short, and the same for every try of this run.
    return action.run(client, request, key=run.id)


def _lost(client: Client, action: Action, request: Input, run: ActionRun) -> Output:
    if action.repeat is Repeat.NEVER:
        raise OutcomeUnknown(detail=f"{action.name}: only a person can tell")
    if action.repeat in REPEATABLE:
        return _asked_again(client, action, request, run)
    found = _look_up(client, action, request, run)
    # The lost call had no effect, so this is the only one: its failures are what they say.
    return found or _call(client, action, request, run)


def _asked_again(client: Client, action: Action, request: Input, run: ActionRun) -> Output:
    try:
        return _call(client, action, request, run)
    except _SILENT as silent:
        raise _doubt(silent) from silent


def _look_up(client: Client, action: Action, request: Input, run: ActionRun) -> Output | None:
    """The output of a call that had an effect; nothing a look-up meets says that it had none."""
    assert action.lookup is not None  # noqa: S101 - contracts.actions makes sure of it
    try:
        return action.lookup(client, request, run.id, run.started_at or run.created_at)
    except ProviderError as blind:
        raise _doubt(blind) from blind


def _doubt(error: ProviderError) -> OutcomeUnknown:
    told = {"detail": error.detail, "reason": error.reason, "request_id": error.request_id}
    return OutcomeUnknown(**told)
