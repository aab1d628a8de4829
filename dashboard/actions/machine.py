"""States of an action run and the only moves between them."""

from enum import StrEnum

from dashboard.contracts.machines import IllegalMove, moved

__all__ = ["MOVES", "Event", "IllegalMove", "State", "move"]


class State(StrEnum):
    """Where a run stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DENIED = "denied"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Event(StrEnum):
    """What can happen to it."""

    APPROVED = "approved"
    DENIED = "denied"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"
    FOUND_DONE = "found_done"
    FOUND_UNDONE = "found_undone"


MOVES = {
    (State.PROPOSED, Event.APPROVED): State.APPROVED,
    (State.PROPOSED, Event.DENIED): State.DENIED,
    (State.APPROVED, Event.STARTED): State.RUNNING,
    (State.APPROVED, Event.FAILED): State.FAILED,
    (State.RUNNING, Event.SUCCEEDED): State.SUCCEEDED,
    (State.RUNNING, Event.FAILED): State.FAILED,
    (State.RUNNING, Event.DENIED): State.DENIED,
    (State.RUNNING, Event.LOST): State.UNKNOWN,
    (State.UNKNOWN, Event.FOUND_DONE): State.SUCCEEDED,
    (State.UNKNOWN, Event.FOUND_UNDONE): State.FAILED,
}


def move(state: str, event: Event) -> State:
    """The next state.

    Raises:
        IllegalMove: The pair is not in MOVES; the caller has a bug.
    """
    return moved(MOVES, State(state), event)
