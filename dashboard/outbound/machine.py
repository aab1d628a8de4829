"""States of a delivery and the only moves between them."""

from enum import StrEnum

from dashboard.contracts.machines import IllegalMove, moved

__all__ = ["MOVES", "Event", "IllegalMove", "State", "move"]


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    DEAD = "dead"


class Event(StrEnum):
    """What can happen to it."""

    TAKEN = "taken"
    ACCEPTED = "accepted"
    PUT_OFF = "put_off"
    GIVEN_UP = "given_up"
    RESENT = "resent"


MOVES = {
    (State.PENDING, Event.TAKEN): State.DELIVERING,
    (State.PENDING, Event.GIVEN_UP): State.DEAD,
    # A job taken over from a dead process takes a delivery that was already under way.
    (State.DELIVERING, Event.TAKEN): State.DELIVERING,
    (State.DELIVERING, Event.ACCEPTED): State.DELIVERED,
    (State.DELIVERING, Event.PUT_OFF): State.PENDING,
    (State.DELIVERING, Event.GIVEN_UP): State.DEAD,
    (State.DELIVERED, Event.RESENT): State.PENDING,
    (State.DEAD, Event.RESENT): State.PENDING,
}


def move(state: str, event: Event) -> State:
    """The next state.

    Raises:
        IllegalMove: The pair is not in MOVES; the caller has a bug.
    """
    return moved(MOVES, State(state), event)
