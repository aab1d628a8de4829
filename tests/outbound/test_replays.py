"""Finished deliveries are sent again by a person: one, or all of a time, and never twice."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role
from dashboard.outbound.replays import choice
from dashboard.queries.receivers import Receivers
from dashboard.store.audit import AuditEntry
from dashboard.store.events import Delivery
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR, VIEWER

pytestmark = fixtures.on_both
HOUR = timedelta(hours=1)


@pytest.fixture
def past(post, desk, receiver, time):
    """1 died two hours ago, 2 died an hour ago, 3 arrived an hour ago."""
    receiver.statuses = {1: 410, 2: 410}
    for numbers in ((1,), (2, 3)):
        post.happen(*numbers)
        desk.jobs.drain()
        post.outbound.enable(OPERATOR, post.listener)
        desk.jobs.drain()
        time.shift(HOUR)
    receiver.statuses = {}
    receiver.requests.clear()
    return post


def dead_since(post, ago, **more):
    return choice(post.listener, clock.now() - ago, **more)


def test_the_dead_of_a_time_are_sent_again_with_their_ids(past, desk, receiver):
    ids = {row.id for row in desk.rows(Delivery) if row.state == "dead"}

    assert past.outbound.replays.replay(OPERATOR, dead_since(past, 3 * HOUR)) == 2
    desk.jobs.drain()
    assert receiver.numbers == [1, 2]
    assert {request.headers["webhook-id"] for request in receiver.requests} == ids
    assert past.states() == {1: "delivered", 2: "delivered", 3: "delivered"}


def test_what_is_older_is_left_alone(past, desk, receiver):
    past.outbound.replays.replay(OPERATOR, dead_since(past, 1.5 * HOUR))
    desk.jobs.drain()

    assert receiver.numbers == [2]


def test_what_is_newer_than_the_end_is_left_alone(past, desk, receiver):
    until = clock.now() - 1.5 * HOUR
    past.outbound.replays.replay(OPERATOR, dead_since(past, 3 * HOUR, until=until))
    desk.jobs.drain()

    assert receiver.numbers == [1]


def test_a_second_call_finds_nothing(past, desk, receiver):
    first = past.outbound.replays.replay(OPERATOR, dead_since(past, 3 * HOUR))
    second = past.outbound.replays.replay(OPERATOR, dead_since(past, 3 * HOUR))
    desk.jobs.drain()

    assert (first, second) == (2, 0)
    assert len(receiver.requests) == 2


def test_the_same_call_for_delivered_ones_sends_them_once(past, desk, receiver, time):
    wanted = dead_since(past, 3 * HOUR, until=clock.now(), states=["delivered"])
    first = past.outbound.replays.replay(OPERATOR, wanted)
    time.shift(1)
    desk.jobs.drain()
    second = past.outbound.replays.replay(OPERATOR, wanted)
    desk.jobs.drain()

    assert (first, second) == (1, 0)
    assert receiver.numbers == [3]


def test_counting_changes_nothing(past, desk):
    assert past.outbound.replays.count(OPERATOR, dead_since(past, 3 * HOUR)) == 2
    assert past.states() == {1: "dead", 2: "dead", 3: "delivered"}
    assert desk.jobs.of("outbound.deliver") == []


def test_a_replay_is_in_the_journal_with_who_and_how_many(past, desk):
    past.outbound.replays.replay(OPERATOR, dead_since(past, 3 * HOUR))
    line = desk.rows(AuditEntry)[-1]

    assert (line.action, line.actor_name) == ("delivery.replayed", OPERATOR.name)
    assert (line.detail["count"], line.detail["states"]) == (2, ["dead"])


def test_a_replayed_one_has_its_whole_schedule_again(past, desk, receiver):
    receiver.status = 500
    past.outbound.replays.replay(OPERATOR, dead_since(past, 1.5 * HOUR))
    desk.jobs.drain()

    [waiting] = [row for row in desk.rows(Delivery) if row.state == "pending"]
    assert waiting.attempts == 1


def test_one_that_arrived_is_sent_again_alone(past, desk, receiver):
    [arrived] = [row for row in desk.rows(Delivery) if row.state == "delivered"]
    past.outbound.resend(OPERATOR, arrived.id)
    desk.jobs.drain()

    assert receiver.numbers == [3]


@pytest.mark.parametrize(
    ("states", "until", "code"),
    [
        (["pending"], None, "outbound.not_finished"),
        ([], None, "outbound.not_finished"),
        (["delivered"], None, "outbound.until_needed"),
        (["delivered"], HOUR, "outbound.until_needed"),
    ],
)
def test_a_wish_that_cannot_be_repeated_safely_is_refused(post, states, until, code):
    end = until and clock.now() + until

    with pytest.raises(Refusal) as refused:
        choice(post.listener, clock.now() - HOUR, end, states)
    assert (refused.value.code, refused.value.status) == (code, 422)


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        (VIEWER, 403),
        (Actor(kind="token", id="t", role=Role.OPERATOR, agent_id="agt_other"), 404),
    ],
)
def test_who_may_not_replays_nothing(past, actor, status):
    with pytest.raises(Refusal) as refused:
        past.outbound.replays.replay(actor, dead_since(past, 3 * HOUR))

    assert refused.value.status == status
    assert past.states() == {1: "dead", 2: "dead", 3: "delivered"}


def test_a_page_sees_how_a_receiver_stands_and_why_deliveries_died(past, desk):
    asked = Receivers(desk.store)
    row = asked.standing(past.listener)
    [reason] = asked.dead_reasons([past.listener])
    recent = asked.dead_reasons([past.listener], clock.now() - 1.5 * HOUR)

    assert (row.dead, row.waiting, row.paused, row.signed, row.ordered) == (
        2,
        0,
        False,
        True,
        False,
    )
    assert (reason.error_code, reason.count) == ("outbound.gone", 2)
    assert [one.count for one in recent] == [1]
    assert asked.standing(desk.connection_id) is None
