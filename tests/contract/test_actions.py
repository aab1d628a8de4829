"""Actions are typed and explained, do what they say, and act once for one key."""

import contextlib

import httpx
import pytest
from pydantic import ValidationError

from dashboard import registry
from dashboard.contracts.actions import Effect, Repeat
from dashboard.contracts.errors import OutcomeUnknown, Unavailable
from dashboard.kit import moments
from tests.contract.samples import arguments

ACTIONS = [
    pytest.param(provider, action, id=f"{provider}-{action}")
    for provider in registry.ids()
    for action in registry.manifest(provider).actions
]
each_action = pytest.mark.parametrize(("provider", "action"), ACTIONS)


def kind(wanted):
    """Those of ACTIONS whose promise about repeats is `wanted`."""
    return pytest.mark.parametrize(
        ("provider", "action"),
        [p for p in ACTIONS if registry.actions(p.values[0])[p.values[1]].repeat is wanted],
    )


def prepared(account, name):
    """The action and an input that fits the sandbox's own data."""
    action = account.action(name)
    return action, action.takes.model_validate(arguments(account, name))


@each_action
def test_input_is_closed_and_explained(provider, action):
    takes = registry.actions(provider)[action].takes

    assert takes.model_json_schema()["additionalProperties"] is False
    assert takes.__doc__
    with pytest.raises(ValidationError):
        takes.model_validate({"no_such_field": 1})


@each_action
def test_reads_are_safe_to_repeat(provider, action):
    said = registry.actions(provider)[action]

    assert said.effect is not Effect.READ or said.repeat is Repeat.SAFE
    assert not said.touches or registry.manifest(provider).stream(said.touches)


@each_action
def test_it_works_on_the_sandbox(account, action):
    made, request = prepared(account, action)

    answer = made.run(account.client, request, key="contract-1")
    assert isinstance(answer, made.gives)


@each_action
def test_what_it_touched_can_be_read_back(account, action):
    made, request = prepared(account, action)
    answer = made.run(account.client, request, key="contract-1")
    if not made.touches:
        return

    record = account.part("streams").fetch(account.client, made.touches, answer.external_id)
    assert record.external_id == answer.external_id


@kind(Repeat.KEYED)
def test_the_same_key_acts_once(account, action):
    made, request = prepared(account, action)
    first = made.run(account.client, request, key="contract-1")
    world = _without_noise(account.state())

    second = made.run(account.client, request, key="contract-1")
    assert second == first
    assert _without_noise(account.state()) == world


@pytest.mark.parametrize(
    ("provider", "action"), [*kind(Repeat.KEYED).args[1], *kind(Repeat.LOOKUP).args[1]]
)
def test_a_lost_answer_is_found_again(account, action):
    made, request = prepared(account, action)
    account.change(lambda state: account.sandbox.fault(state, "lose_reply"))
    started = moments.now()

    with contextlib.suppress(OutcomeUnknown, Unavailable):
        made.run(account.client, request, key="contract-1")
    again = (
        made.lookup(account.client, request, "contract-1", started)
        if made.lookup
        else made.run(account.client, request, key="contract-1")
    )
    assert isinstance(again, made.gives)


@kind(Repeat.NEVER)
def test_a_lost_answer_of_an_unrepeatable_action_is_unknown(account, action):
    made, request = prepared(account, action)

    def lose(request):
        answer = account.network.inner.handle_request(request)
        if request.method == "GET":
            return answer
        raise httpx.ReadTimeout("lost")

    account.network.instead = lose
    with pytest.raises(OutcomeUnknown):
        made.run(account.client, request, key="contract-1")


@each_action
def test_no_secret_is_in_the_answer(account, action):
    made, request = prepared(account, action)
    answer = made.run(account.client, request, key="contract-1").model_dump_json()

    assert [s for s in account.secrets if len(s) >= 8 and s in answer] == []


def _without_noise(state):
    """The vendor's world without what reads may change: counters, logs, caches of answers."""
    noise = {"outbox", "faults", "oauth", "log", "calls", "idempotency", "deliveries", "requests"}
    return {name: value for name, value in state.items() if name not in noise}
