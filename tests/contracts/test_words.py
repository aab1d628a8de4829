"""The shared words are coherent: errors, roles, manifests, actions."""

import pytest

from dashboard.contracts import errors
from dashboard.contracts.actions import Effect, Input, Output, Repeat, action
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require


def test_there_are_eight_words():
    assert [word.word() for word in errors.WORDS] == [
        "auth_expired",
        "permission_missing",
        "rate_limited",
        "unavailable",
        "rejected",
        "unsupported",
        "outcome_unknown",
        "bad_signature",
    ]


@pytest.mark.parametrize("word", errors.WORDS)
def test_a_word_names_itself(word):
    assert word().code == word.word()
    assert str(word(detail="GET /x -> 500")) == f"{word.word()}: GET /x -> 500"


@pytest.mark.parametrize(
    ("has", "needs"),
    [
        (Role.VIEWER, Role.VIEWER),
        (Role.OPERATOR, Role.VIEWER),
        (Role.ADMIN, Role.OPERATOR),
        (Role.ADMIN, Role.ADMIN),
    ],
)
def test_a_role_may_what_the_lower_ones_may(has, needs):
    assert require(Actor(kind="staff", id="1", role=has), needs) is None


@pytest.mark.parametrize(
    ("has", "needs"),
    [
        (Role.VIEWER, Role.OPERATOR),
        (Role.VIEWER, Role.ADMIN),
        (Role.OPERATOR, Role.ADMIN),
    ],
)
def test_a_role_may_not_what_a_higher_one_may(has, needs):
    with pytest.raises(Refusal) as caught:
        require(Actor(kind="staff", id="1", role=has), needs)
    assert caught.value.status == 403


def test_a_token_of_another_agent_sees_nothing():
    actor = Actor(kind="token", id="1", role=Role.ADMIN, agent_id="agt_1")

    with pytest.raises(Refusal) as caught:
        require(actor, Role.VIEWER, "agt_2")
    assert caught.value.status == 404


def test_an_action_with_look_up_must_have_one():
    with pytest.raises(TypeError):
        action(Effect.WRITE, Repeat.LOOKUP)


def test_an_action_takes_its_types_from_the_signature():
    class In(Input):
        """Ask."""

    class Out(Output):
        """Answer."""

    @action(Effect.READ, Repeat.SAFE)
    def look(client: object, request: In, *, key: str) -> Out:
        del client, request, key
        return Out()

    assert (look.name, look.takes, look.gives) == ("look", In, Out)
