"""States of a sync run and the only moves between them."""

from enum import StrEnum

from dashboard.contracts.machines import IllegalMove, moved

__all__ = ["MOVES", "Event", "IllegalMove", "State", "move"]


class State(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to it."""

    STARTED = "started"
    PUT_OFF = "put_off"
    FINISHED = "finished"
    FINISHED_PARTLY = "finished_partly"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (State.QUEUED, State.RUNNING)

MOVES = {
    (State.QUEUED, Event.STARTED): State.RUNNING,
    (State.QUEUED, Event.FAILED): State.FAILED,
    (State.QUEUED, Event.CANCELLED): State.CANCELLED,
    # A job taken over from a dead process starts a run that is already running.
    (State.RUNNING, Event.STARTED): State.RUNNING,
    (State.RUNNING, Event.PUT_OFF): State.QUEUED,
    (State.RUNNING, Event.FINISHED): State.SUCCEEDED,
    (State.RUNNING, Event.FINISHED_PARTLY): State.PARTIAL,
    (State.RUNNING, Event.FAILED): State.FAILED,
    (State.RUNNING, Event.CANCELLED): State.CANCELLED,
}


def move(state: str, event: Event) -> State:
    """The next state.

    Raises:
        IllegalMove: The pair is not in MOVES; the caller has a bug.
    """
    return moved(MOVES, State(state), event)
