"""The table of moves is the whole truth about a connection's life."""

import itertools

import pytest

from dashboard.connections.machine import (
    LIVING,
    MOVES,
    OPENABLE,
    UNFINISHED,
    WORKING,
    Event,
    IllegalMove,
    State,
    move,
)


@pytest.mark.parametrize(("state", "event"), MOVES)
def test_listed_moves_happen(state, event):
    assert move(state.value, event) is MOVES[state, event]


@pytest.mark.parametrize(
    ("state", "event"), [p for p in itertools.product(State, Event) if p not in MOVES]
)
def test_unlisted_moves_are_refused(state, event):
    with pytest.raises(IllegalMove):
        move(state.value, event)


def test_every_state_is_reached_and_only_the_end_is_not_left():
    assert set(MOVES.values()) == set(State)
    assert {state for state, _ in MOVES} == set(State) - {State.DISCONNECTED}


@pytest.mark.parametrize("state", LIVING)
def test_everything_that_lives_can_be_disconnected(state):
    assert move(state, Event.DISCONNECTED) is State.DISCONNECTED


@pytest.mark.parametrize("state", [*WORKING, State.NEEDS_REAUTH])
def test_a_consent_page_that_is_lost_costs_a_working_connection_nothing(state):
    away = move(state, Event.LEFT_FOR_CONSENT)

    assert move(away, Event.CAME_BACK_EMPTY) is state


def test_only_an_unfinished_connection_can_be_begun_anew():
    assert {state for state, event in MOVES if event is Event.RESTARTED} == set(UNFINISHED)


def test_what_can_be_opened_can_lose_its_credentials():
    assert set(OPENABLE) <= {state for state, event in MOVES if event is Event.AUTH_LOST}
