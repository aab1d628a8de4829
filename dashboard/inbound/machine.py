"""States of an inbound event and the only moves between them."""

from enum import StrEnum

from dashboard.contracts.machines import IllegalMove, moved

__all__ = ["MOVES", "Event", "IllegalMove", "State", "move"]


class State(StrEnum):
    """Where an event stands."""

    RECEIVED = "received"
    PROCESSING = "processing"
    DONE = "done"
    DEAD = "dead"


class Event(StrEnum):
    """What can happen to it."""

    TAKEN = "taken"
    PROCESSED = "processed"
    PUT_OFF = "put_off"
    GIVEN_UP = "given_up"
    REPLAYED = "replayed"


MOVES = {
    (State.RECEIVED, Event.TAKEN): State.PROCESSING,
    # A job taken over from a dead process takes an event that is already in processing.
    (State.PROCESSING, Event.TAKEN): State.PROCESSING,
    (State.PROCESSING, Event.PROCESSED): State.DONE,
    (State.PROCESSING, Event.PUT_OFF): State.RECEIVED,
    (State.PROCESSING, Event.GIVEN_UP): State.DEAD,
    (State.DONE, Event.REPLAYED): State.RECEIVED,
    (State.DEAD, Event.REPLAYED): State.RECEIVED,
}


def move(state: str, event: Event) -> State:
    """The next state.

    Raises:
        IllegalMove: The pair is not in MOVES; the caller has a bug.
    """
    return moved(MOVES, State(state), event)
