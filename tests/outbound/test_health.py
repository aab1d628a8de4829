"""A receiver that fails is served narrowly, then switched off, and comes back by hand."""

from datetime import timedelta

import pytest

from dashboard import clock, registry
from dashboard.connections.reach import bucket
from dashboard.contracts.errors import RateLimited, Refusal
from dashboard.jobs import Again, Job
from dashboard.jobs.limits import Limits, of_vendor
from dashboard.outbound.deliver import STRAINED_AT_ONCE
from dashboard.outbound.ending import FAILING_FOR
from dashboard.outbound.lanes import STRAINED, USUAL
from dashboard.store import receivers
from dashboard.store.audit import AuditEntry
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR, VIEWER

pytestmark = fixtures.on_both


def fail_every_day(post, time, days):
    """One event a day, none of which is taken."""
    for day in range(days):
        post.happen(f"day {day}")
        post.desk.jobs.drain()
        time.shift(timedelta(days=1))


def listener(desk, post):
    return desk.row(Connection, post.listener)


def receiver_row(desk, post):
    with desk.store.transaction() as session:
        return receivers.get(session, post.listener)


def test_a_receiver_that_takes_nothing_for_five_days_is_switched_off(post, desk, receiver, time):
    receiver.status = 500
    fail_every_day(post, time, FAILING_FOR.days)
    before = listener(desk, post).paused
    desk.jobs.drain()

    assert (before, listener(desk, post).paused) == (False, True)
    assert listener(desk, post).error_code == "outbound.failing"
    assert "delivery.receiver_failing" in [line.action for line in desk.rows(AuditEntry)]


def test_one_success_begins_the_counting_anew(post, desk, receiver, time):
    receiver.status = 500
    fail_every_day(post, time, 4)
    receiver.status = 200
    desk.jobs.drain()
    receiver.status = 500
    fail_every_day(post, time, 3)

    assert not listener(desk, post).paused


def test_a_receiver_nobody_called_was_not_failing_meanwhile(post, desk, receiver, time):
    receiver.status = 400
    post.happen(1)
    desk.jobs.drain()
    desk.jobs.drop("outbound.deliver")
    time.shift(timedelta(days=20))
    post.happen(2)
    desk.jobs.drain()

    assert not listener(desk, post).paused


def test_what_waits_for_a_switched_off_receiver_goes_out_when_it_is_enabled(post, desk, receiver):
    receiver.statuses = {1: 410}
    post.happen(1)
    desk.jobs.drain()
    post.happen(2, 3)
    desk.jobs.drain()
    held = list(receiver.numbers)

    assert post.outbound.enable(OPERATOR, post.listener) == 2
    desk.jobs.drain()
    assert (held, receiver.numbers) == ([1], [1, 2, 3])
    assert post.states() == {1: "dead", 2: "delivered", 3: "delivered"}
    assert (listener(desk, post).paused, listener(desk, post).error_code) == (False, "")
    last = desk.rows(AuditEntry)[-1]
    assert (last.action, last.actor_name, last.detail) == (
        "delivery.receiver_enabled",
        OPERATOR.name,
        {"count": 2},
    )


def test_enabling_needs_no_further_pause_to_pass(post, desk, receiver):
    receiver.status = 500
    post.happen(1)
    desk.jobs.drain()
    post.change(paused=True)
    receiver.status = 200
    post.outbound.enable(OPERATOR, post.listener)
    desk.jobs.drain()

    assert post.states() == {1: "delivered"}


def test_a_viewer_enables_nothing(post):
    with pytest.raises(Refusal) as refused:
        post.outbound.enable(VIEWER, post.listener)

    assert refused.value.status == 403


def test_a_failing_receiver_is_looked_after_in_the_slow_lane_only(post, desk, receiver):
    receiver.status = 500
    post.happen(*range(6))
    desk.jobs.drain()
    priorities = {job.priority for job in desk.jobs.of("outbound.deliver")}
    keys = {job.key for job in desk.jobs.of("outbound.deliver")}
    one_lane = f"outbound:{post.listener}:0"

    assert receiver_row(desk, post).strained
    # The first failure was queued before anything was known of the receiver.
    assert (priorities, keys) == ({STRAINED}, {one_lane})
    assert STRAINED > USUAL


def test_a_receiver_that_works_again_gets_its_lanes_back(post, desk, receiver, time):
    receiver.status = 500
    post.happen(1)
    desk.jobs.drain()
    receiver.status = 200
    time.shift(7)
    desk.jobs.drain()
    row = receiver_row(desk, post)

    assert (row.strained, row.failing_since) == (False, None)


def test_failing_receivers_never_hold_more_than_their_share_of_threads(post, desk, receiver):
    receiver.status = 500
    post.happen(1)
    desk.jobs.drain()
    narrow = post.outbound._deliverer._narrow
    for _ in range(STRAINED_AT_ONCE):
        narrow.acquire()
    job = Job("outbound.deliver", {"connection_id": post.listener}, 1, "x")

    with pytest.raises(Again):
        post.outbound.deliver(job)


def test_whoever_asks_for_rest_gets_it_from_all_who_call_the_account(post, desk, receiver):
    receiver.status, receiver.headers = 429, {"retry-after": "600"}
    post.happen(1)
    desk.jobs.drain()
    limit = of_vendor(registry.manifest("webhook").limit)

    with pytest.raises(RateLimited) as limited:
        Limits(desk.store).take(bucket(listener(desk, post)), limit)
    assert 500 < limited.value.retry_after <= 600


def test_what_waits_for_a_disconnected_receiver_is_given_up_with_the_reason(post, desk):
    post.happen(1)
    post.change(state="disconnected")
    post.outbound.sweep()
    [delivery] = desk.rows(Delivery)

    assert (delivery.state, delivery.error_code) == ("dead", "outbound.not_connected")


def test_old_deliveries_are_deleted_and_dead_ones_are_kept_longer(post, desk, receiver, time):
    receiver.statuses = {2: 400}
    post.happen(1, 2)
    desk.jobs.drain()
    with desk.store.transaction() as session:
        for row in desk.rows(Delivery):
            if row.state == "pending":
                late = session.get_one(Delivery, row.id)
                late.state, late.next_attempt_at = "dead", None
    time.shift(timedelta(days=29))
    post.outbound.purge()
    after_29 = post.states()
    time.shift(timedelta(days=2))
    post.outbound.purge()
    after_31 = post.states()
    time.shift(timedelta(days=60))
    post.outbound.purge()

    assert after_29 == {1: "delivered", 2: "dead"}
    assert after_31 == {2: "dead"}
    assert post.states() == {}


def test_what_still_waits_is_never_purged(post, time):
    post.happen(1)
    time.shift(timedelta(days=400))
    post.outbound.purge()

    assert post.states() == {1: "pending"}


def test_a_failed_test_event_counts_against_the_receiver_but_is_not_repeated(post, desk, receiver):
    receiver.status = 500
    post.outbound.send_test(OPERATOR, post.listener)
    desk.jobs.drain()

    assert len(receiver.requests) == 1
    assert receiver_row(desk, post).failing_since == clock.now()
