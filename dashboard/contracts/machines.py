"""How every state machine of the desk moves: one table, and nothing off it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalMove(Exception):
    """An event arrived in a state that does not allow it; the caller has a bug."""


def moved(moves: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state after `event`.

    Raises:
        IllegalMove: The pair is not in the table.
    """
    try:
        return moves[state, event]
    except KeyError:
        raise IllegalMove(f"{event} while {state}") from None
