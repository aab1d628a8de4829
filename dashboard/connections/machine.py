"""States of a connection and the only moves between them."""

from enum import StrEnum

from dashboard.contracts.machines import IllegalMove, moved

__all__ = ["MOVES", "Event", "IllegalMove", "State", "move"]


class State(StrEnum):
    """Where a connection stands.

    DRAFT: begun, nobody's account yet. AUTHORIZING: a person is at the vendor's consent page.
    AUTHORIZED: the account is proven, set-up is not finished. ACTIVE: works. DEGRADED: the
    vendor did not answer three times in a row. NEEDS_REAUTH: the vendor no longer accepts the
    credentials. DISCONNECTED: over; only its history is kept.
    """

    DRAFT = "draft"
    AUTHORIZING = "authorizing"
    AUTHORIZED = "authorized"
    ACTIVE = "active"
    DEGRADED = "degraded"
    NEEDS_REAUTH = "needs_reauth"
    DISCONNECTED = "disconnected"


class Event(StrEnum):
    """What can happen to it."""

    RESTARTED = "restarted"
    LEFT_FOR_CONSENT = "left_for_consent"
    CAME_BACK_EMPTY = "came_back_empty"
    PROVEN = "proven"
    ACTIVATED = "activated"
    AUTH_LOST = "auth_lost"
    FALTERED = "faltered"
    RECOVERED = "recovered"
    DISCONNECTED = "disconnected"


UNFINISHED = (State.DRAFT, State.AUTHORIZING, State.AUTHORIZED)
WORKING = (State.ACTIVE, State.DEGRADED)
OPENABLE = (State.AUTHORIZED, *WORKING)
# A new login may begin from anywhere but the end; it changes nothing until it is proven, so a
# lost consent page loses nothing.
LIVING = tuple(state for state in State if state is not State.DISCONNECTED)

MOVES = {
    **{(state, Event.RESTARTED): State.DRAFT for state in UNFINISHED},
    **{(state, Event.LEFT_FOR_CONSENT): state for state in LIVING},
    (State.DRAFT, Event.LEFT_FOR_CONSENT): State.AUTHORIZING,
    **{(state, Event.CAME_BACK_EMPTY): state for state in LIVING},
    (State.AUTHORIZING, Event.CAME_BACK_EMPTY): State.DRAFT,
    **{(state, Event.PROVEN): State.AUTHORIZED for state in UNFINISHED},
    **{(state, Event.PROVEN): State.ACTIVE for state in (*WORKING, State.NEEDS_REAUTH)},
    **{(state, Event.ACTIVATED): State.ACTIVE for state in OPENABLE},
    (State.AUTHORIZED, Event.AUTH_LOST): State.DRAFT,
    **{
        (state, Event.AUTH_LOST): State.NEEDS_REAUTH
        for state in (State.ACTIVE, State.DEGRADED, State.NEEDS_REAUTH)
    },
    **{(state, Event.FALTERED): State.DEGRADED for state in WORKING},
    (State.AUTHORIZED, Event.FALTERED): State.AUTHORIZED,
    **{(state, Event.RECOVERED): State.ACTIVE for state in WORKING},
    (State.AUTHORIZED, Event.RECOVERED): State.AUTHORIZED,
    **{(state, Event.DISCONNECTED): State.DISCONNECTED for state in LIVING},
}


def move(state: str, event: Event) -> State:
    """The next state.

    Raises:
        IllegalMove: The pair is not in MOVES; the caller has a bug.
    """
    return moved(MOVES, State(state), event)
