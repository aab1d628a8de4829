"""A receiver is served by what its manifest says, whatever its fields are called."""

from pathlib import Path

import pytest

from dashboard.contracts.errors import Refusal
from tests.outbound.conftest import Receiver
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR
from tests.visitors import visiting

pytestmark = fixtures.on_both
ADDRESS = "https://catcher.example/catch/1234/"


@pytest.fixture
def catcher(post, desk):
    """The only receiver is one with other field names and without a secret."""
    caught = Receiver()
    desk.tokens.of["catcher"] = {"catch_address": ADDRESS}
    desk.reach.of["catcher"] = caught
    post.change(state="disconnected")
    with visiting(Path(__file__).parent / "providers"):
        settings = {"in_turn": True, "labels": {"x-team": "sales"}, "keep_order": False}
        post.listener = desk.connect("catcher", events=["deal.created"], settings=settings)
        yield caught


def test_its_address_and_headers_are_taken_from_its_own_fields(post, desk, catcher):
    post.happen(1)
    desk.jobs.drain()

    [request] = catcher.requests
    assert (str(request.url), request.headers["x-team"]) == (ADDRESS, "sales")
    assert post.states() == {1: "delivered"}


def test_without_a_secret_nothing_is_signed_and_the_id_is_still_there(post, desk, catcher):
    catcher.status = 500
    post.happen(1)
    desk.jobs.drain()
    catcher.status = 200
    post.outbound.enable(OPERATOR, post.listener)
    desk.jobs.drain()

    first, second = catcher.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert "webhook-signature" not in first.headers


def test_its_own_switch_keeps_the_order(post, desk, catcher):
    catcher.statuses = {1: 500}
    post.happen(1, 2)
    desk.jobs.drain()

    assert post.states() == {1: "pending", 2: "pending"}
    assert catcher.numbers == [1]


@pytest.mark.usefixtures("catcher")
def test_there_is_no_secret_to_rotate(post):
    with pytest.raises(Refusal) as refused:
        post.outbound.signing.rotate(OPERATOR, post.listener)

    assert refused.value.code == "outbound.unsigned"


def test_a_test_event_reaches_it(post, catcher):
    assert post.outbound.send_test(OPERATOR, post.listener).status == 200
    assert str(catcher.requests[0].url) == ADDRESS
