"""The table of moves is the whole truth about a action run's life."""

import itertools

import pytest

from dashboard.actions.machine import MOVES, Event, IllegalMove, State, move


@pytest.mark.parametrize(("state", "event"), MOVES)
def test_listed_moves_happen(state, event):
    assert move(state.value, event) is MOVES[state, event]


@pytest.mark.parametrize(
    ("state", "event"), [p for p in itertools.product(State, Event) if p not in MOVES]
)
def test_unlisted_moves_are_refused(state, event):
    with pytest.raises(IllegalMove):
        move(state.value, event)


def test_every_state_is_reached_and_only_ends_are_not_left():
    assert set(MOVES.values()) | {State.PROPOSED} == set(State)
    assert {state for state, _ in MOVES} == set(State) - {
        State.DENIED,
        State.SUCCEEDED,
        State.FAILED,
    }
