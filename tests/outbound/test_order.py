"""Who asked for order gets it; who did not is never kept waiting by one failure."""

from datetime import timedelta

from dashboard import clock
from dashboard.outbound.replays import choice
from dashboard.store.events import Delivery
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR

pytestmark = fixtures.on_both


def pass_time(desk, time, until):
    """Let every pause pass, one after another, until something is true."""
    for _ in range(100):
        desk.jobs.drain()
        if until():
            return
        time.move_to(min(job.due for job in desk.jobs.waiting))


def test_without_order_one_failure_delays_nobody(post, desk, receiver):
    receiver.statuses = {1: 500}
    post.happen(1, 2, 3)
    desk.jobs.drain()

    assert post.states() == {1: "pending", 2: "delivered", 3: "delivered"}


def test_in_order_a_failure_holds_the_later_ones_until_it_succeeds(post, desk, receiver, time):
    post.keep_order()
    receiver.statuses = {1: 500}
    post.happen(1, 2, 3)
    desk.jobs.drain()

    assert post.states() == {1: "pending", 2: "pending", 3: "pending"}
    assert receiver.numbers == [1]

    receiver.statuses = {}
    time.shift(7)
    desk.jobs.drain()
    assert receiver.numbers == [1, 1, 2, 3]


def test_in_order_the_later_ones_go_when_it_is_given_up(post, desk, receiver, time):
    post.keep_order()
    receiver.statuses = {1: 500}
    post.happen(1, 2)
    pass_time(desk, time, lambda: 2 in receiver.numbers)

    assert receiver.numbers == [1] * 10 + [2]
    assert post.states() == {1: "dead", 2: "delivered"}


def test_what_happens_later_stands_behind_in_the_line(post, desk, receiver, time):
    post.keep_order()
    receiver.status = 500
    post.happen(1)
    desk.jobs.drain()
    post.happen(2)
    desk.jobs.drain()
    receiver.status = 200
    time.shift(7)
    desk.jobs.drain()

    assert receiver.numbers == [1, 1, 2]


def test_hundreds_that_happen_within_a_millisecond_keep_their_order(post, desk, receiver):
    post.keep_order()
    post.happen(*range(200))
    desk.jobs.drain()

    assert receiver.numbers == list(range(200))


def test_replayed_ones_go_out_in_their_old_order(post, desk, receiver):
    post.keep_order()
    post.happen(1, 2, 3)
    desk.jobs.drain()
    wanted = choice(
        post.listener, clock.now() - timedelta(hours=1), clock.now(), ["delivered", "dead"]
    )
    post.outbound.replays.replay(OPERATOR, wanted)
    desk.jobs.drain()

    assert receiver.numbers == [1, 2, 3] * 2


def test_each_event_has_one_delivery_to_each_receiver(post, desk):
    post.happen(1, 2)
    events = {"connection_id": desk.connection_id, "event_id": desk.rows(Delivery)[0].source[6:]}
    desk.jobs.enqueue("outbound.publish", events)
    desk.jobs.drain()

    assert len({(row.connection_id, row.source) for row in desk.rows(Delivery)}) == 2
    assert len(desk.rows(Delivery)) == 2
