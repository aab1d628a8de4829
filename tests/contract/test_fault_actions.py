"""An agent's action meets every fault and is done once, or said to be unknown; never twice."""

from datetime import UTC, datetime
from functools import cache

import pytest

from dashboard import registry
from dashboard.contracts.actions import Effect, Repeat
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.contracts.manifest import OAuth2
from tests.contract.desks import ADMIN, connected
from tests.contract.faults import ACTED, FAULTS, GOOD_STATUS, kind_of

MOMENT = datetime.now(UTC)
ACTIONS = [
    pytest.param(provider, name, id=f"{provider}-{name}")
    for provider in registry.ids()
    for name in registry.manifest(provider).actions
]
each_action = pytest.mark.parametrize(("provider", "name"), ACTIONS)
# One for each word, and the ways to lose an answer that read least alike.
TELLING = {"401", "403", "429-says-when", "503-silent", "read-timeout"}


def _kinds():
    """Of each provider one action of each kind: what a word does is the same for all of a kind."""
    chosen = {}
    for one in ACTIONS:
        provider, name = one.values
        action = registry.actions(provider)[name]
        reads = action.effect is Effect.READ
        chosen.setdefault((provider, "read" if reads else action.repeat), name)
    return {(provider, name) for (provider, _), name in chosen.items()}


WHOLE = _kinds()
CELLS = [
    pytest.param(*one.values, fault, id=f"{one.id}-{fault.name}")
    for one in ACTIONS
    for fault in FAULTS
    if fault.name in TELLING or tuple(one.values) in WHOLE
]
each_cell = pytest.mark.parametrize(("provider", "name", "fault"), CELLS)


@pytest.fixture
def desk(provider, time_machine):
    time_machine.move_to(MOMENT, tick=False)
    return connected(provider).back()


def run(desk, name, given, key="order-17"):
    return desk.rooms.actions.run(
        ADMIN, desk.connection().agent_id, desk.provider, name, given, key=key
    )


def told(desk, word, action):
    """States that are right when a call that changes things once met this word, once."""
    oauth = isinstance(registry.manifest(desk.provider).auth[0], OAuth2)
    again = action.repeat in (Repeat.SAFE, Repeat.KEYED)
    return {
        RateLimited: {"succeeded"},
        Unavailable: {"succeeded"} if again else {"failed"},
        OutcomeUnknown: {"unknown"} if action.repeat is Repeat.NEVER else {"succeeded"},
        AuthExpired: {"succeeded"} if oauth else {"failed"},
        PermissionMissing: {"denied"},
        Rejected: {"failed"},
    }[word]


def allowed(desk, fault, action):
    kind = kind_of(action)
    states = {state for word in fault.allowed(kind) for state in told(desk, word, action)}
    unread = fault.name in GOOD_STATUS or fault.fine
    # What counts as done already: taken away, made before under the same id, or not read at all.
    done = fault.name in ("404", "409", "410") and action.effect is not Effect.READ
    return states | ({"succeeded"} if unread or done else set())


def writes(desk):
    return [n for n, request in enumerate(desk.network.sent) if request.method != "GET"]


@cache
def done_once(provider, name):
    """Where the first write is, and what the vendor's world comes to, when nothing is wrong."""
    desk = connected(provider).back()
    ended = run(desk, name, desk.example(name))
    assert (ended.state, ended.error_code) == ("succeeded", "")
    return (writes(desk) or [0])[0], desk.size()


@each_cell
def test_a_fault_at_the_first_write_ends_in_one_effect_or_an_honest_word(desk, name, fault):
    action = registry.actions(desk.provider)[name]
    place, once = done_once(desk.provider, name)
    given = desk.back().example(name)
    nothing = desk.size()

    desk.breaks(fault, {place})
    ended = run(desk, name, given)
    assert ended.state in allowed(desk, fault, action)
    assert desk.size() == (once if did_it(ended, fault) else nothing)

    again, asked = repeated(desk, name, given)
    assert (again.id, again.state, asked) == (ended.id, ended.state, 0)
    assert settled(desk, ended, name, given) == once


def did_it(ended, fault):
    return ended.state == "succeeded" or (ended.state == "unknown" and fault.name in ACTED)


def repeated(desk, name, given):
    """The same key again once the network is well, and how often the vendor was asked."""
    desk.network.heals()
    if desk.connection().state == "needs_reauth":
        desk.sign_in()
    desk.network.heals()
    return run(desk, name, given), len(desk.network.sent)


def settled(desk, ended, name, given):
    """What the vendor's world comes to once a person has done what our sentence says."""
    if ended.state == "unknown" and desk.size() != desk.size_before:
        assert desk.rooms.actions.confirm_done(ADMIN, ended.id).state == "succeeded"
    elif ended.state != "succeeded":
        assert run(desk, name, given, key="order-18").state == "succeeded"
    assert desk.connection().state == "active"
    return desk.size()
