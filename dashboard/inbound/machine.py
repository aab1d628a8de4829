"""States of an inbound event and the only moves between them."""

from enum import StrEnum

from dashboard.contracts.machines import IllegalMove, moved

__all__ = ["MOVES", "Event", "IllegalMove", "State", "move"]


class State(StrEnum):
    """Where an event stands.

    HELD: waits for a login of its connection, or for a person. DROPPED: a person gave it up; its
    row stays, so that the vendor's repeats do not bring it back.
    """

    RECEIVED = "received"
    PROCESSING = "processing"
    HELD = "held"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


class Event(StrEnum):
    """What can happen to it."""

    TAKEN = "taken"
    PROCESSED = "processed"
    PUT_OFF = "put_off"
    HELD = "held"
    RELEASED = "released"
    DROPPED = "dropped"
    GIVEN_UP = "given_up"
    REPLAYED = "replayed"


MOVES = {
    (State.RECEIVED, Event.TAKEN): State.PROCESSING,
    # A job taken over from a dead process takes an event that is already in processing.
    (State.PROCESSING, Event.TAKEN): State.PROCESSING,
    (State.PROCESSING, Event.PROCESSED): State.DONE,
    (State.PROCESSING, Event.PUT_OFF): State.RECEIVED,
    (State.PROCESSING, Event.GIVEN_UP): State.DEAD,
    (State.RECEIVED, Event.HELD): State.HELD,
    (State.PROCESSING, Event.HELD): State.HELD,
    (State.HELD, Event.RELEASED): State.RECEIVED,
    (State.HELD, Event.DROPPED): State.DROPPED,
    (State.DROPPED, Event.REPLAYED): State.RECEIVED,
    (State.DONE, Event.REPLAYED): State.RECEIVED,
    (State.DEAD, Event.REPLAYED): State.RECEIVED,
}


def move(state: str, event: Event) -> State:
    """The next state.

    Raises:
        IllegalMove: The pair is not in MOVES; the caller has a bug.
    """
    return moved(MOVES, State(state), event)
