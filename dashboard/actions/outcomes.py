"""How calls end, and what a failure says about a call that may have happened before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from dashboard import texts
from dashboard.actions.machine import Event
from dashboard.contracts.actions import Action, Effect
from dashboard.contracts.errors import (
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Refusal,
    Unsupported,
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended."""

    event: Event
    result: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    reason: str = ""
    request_id: str = ""


Failure = Refusal | ProviderError
# (action, what went wrong, whether the vendor was met at all) -> how the run goes on.
Reading = Callable[[Action, Failure, bool], Outcome]


def of_first_call(action: Action, failure: Failure, _met: bool) -> Outcome:  # noqa: FBT001 - Reading
    """What stopped a first call is how it ended."""
    if isinstance(failure, Refusal):
        return Outcome(event=Event.FAILED, code=failure.code)
    return _told(action, failure)


def of_lost_call(action: Action, failure: Failure, met: bool) -> Outcome:  # noqa: FBT001 - Reading
    """Who did not even come to ask knows nothing about a call that was lost before."""
    found = of_first_call(action, failure, met)
    return found if met else replace(found, event=_lost(action))


def of_check(action: Action, failure: Failure, met: bool) -> Outcome:  # noqa: FBT001 - Reading
    """A vendor that refuses a key it was given before has not done what was asked."""
    found = of_lost_call(action, failure, met)
    return found if found.event is Event.LOST else replace(found, event=Event.FOUND_UNDONE)


def _told(action: Action, error: ProviderError) -> Outcome:
    event = Event.FAILED
    if isinstance(error, (PermissionMissing, Unsupported)):
        event = Event.DENIED
    elif isinstance(error, OutcomeUnknown):
        event = _lost(action)
    reason = error.reason
    if isinstance(error, RateLimited):
        reason = reason or texts.coded("actions.retry_after", seconds=ceil(error.retry_after))
    return Outcome(event=event, code=error.code, reason=reason, request_id=error.request_id)


def _lost(action: Action) -> Event:
    """A lost reading is no riddle: it has changed nothing."""
    return Event.FAILED if action.effect is Effect.READ else Event.LOST
