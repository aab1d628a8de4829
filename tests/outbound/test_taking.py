"""A delivery is tried by one at a time, and a try that was lost is made again."""

import threading
from datetime import timedelta

import httpx
import pytest

from dashboard.jobs import Job
from dashboard.outbound.deliver import LEASE
from dashboard.outbound.ending import Endings
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.tries import Try
from dashboard.store import deliveries
from dashboard.store.events import Delivery, DeliveryAttempt
from tests.pulse import fixtures

pytestmark = fixtures.on_both
PATIENCE = 20


class Gate(httpx.BaseTransport):
    """Says when a call has come in, and answers when it is told to."""

    def __init__(self):
        self.came, self.go, self.calls = threading.Event(), threading.Event(), 0

    def handle_request(self, request):
        self.calls += 1
        self.came.set()
        self.go.wait(PATIENCE)
        return httpx.Response(200, text=request.headers["webhook-id"])


def job(post, name):
    return Job("outbound.deliver", {"connection_id": post.listener}, 1, name)


def taken(desk, post, name):
    with desk.store.transaction() as session:
        return deliveries.take_due(session, post.listener, name, LEASE, alone=False)


@pytest.fixture
def gate(post, desk):
    desk.reach.of["webhook"] = made = Gate()
    post.happen(1)
    yield made
    made.go.set()


def test_a_second_worker_leaves_alone_what_the_first_is_sending(post, gate):
    first = threading.Thread(target=post.outbound.deliver, args=(job(post, "one"),))
    first.start()
    came = gate.came.wait(PATIENCE)
    post.outbound.deliver(job(post, "two"))
    gate.go.set()
    first.join(PATIENCE)

    assert came
    assert gate.calls == 1
    assert post.states() == {1: "delivered"}


def test_a_receiver_that_has_not_proven_itself_gets_one_try_at_a_time(post, gate):
    post.happen(2)
    first = threading.Thread(target=post.outbound.deliver, args=(job(post, "one"),))
    first.start()
    came = gate.came.wait(PATIENCE)
    second = threading.Thread(target=post.outbound.deliver, args=(job(post, "two"),))
    second.start()
    second.join(PATIENCE)
    meanwhile = gate.calls
    gate.go.set()
    first.join(PATIENCE)

    assert came
    assert meanwhile == 1
    assert post.states() == {1: "delivered", 2: "delivered"}


def test_many_workers_at_once_send_each_delivery_once(post, desk, receiver):
    post.happen(*range(20))
    workers = [
        threading.Thread(target=post.outbound.deliver, args=(job(post, f"j{number}"),))
        for number in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)

    assert sorted(receiver.numbers) == list(range(20))
    assert {row.takes for row in desk.rows(Delivery)} == {1}


def test_a_job_that_is_run_again_takes_up_its_own_try_at_once(post, desk, receiver):
    post.happen(1)
    lost = taken(desk, post, "one")
    post.outbound.deliver(job(post, "one"))

    assert [request.headers["webhook-id"] for request in receiver.requests] == [lost.id]
    assert post.states() == {1: "delivered"}


def test_another_job_takes_it_up_when_the_lease_has_run_out(post, desk, receiver, time):
    post.happen(1)
    taken(desk, post, "one")
    post.outbound.deliver(job(post, "two"))
    too_early = list(receiver.numbers)
    time.shift(LEASE + timedelta(seconds=31))
    post.outbound.sweep()
    desk.jobs.drain()

    assert (too_early, receiver.numbers) == ([], [1])
    assert post.states() == {1: "delivered"}


def test_a_worker_that_wakes_up_late_changes_nothing(post, desk, receiver, time, gate):
    frozen = threading.Thread(target=post.outbound.deliver, args=(job(post, "one"),))
    frozen.start()
    came = gate.came.wait(PATIENCE)
    receiver.status = 500
    desk.reach.of["webhook"] = receiver
    time.shift(LEASE + timedelta(seconds=1))
    post.outbound.deliver(job(post, "two"))
    gate.go.set()
    frozen.join(PATIENCE)

    assert came
    assert post.states() == {1: "pending"}
    assert [tried.status for tried in desk.rows(DeliveryAttempt)] == [500]


def test_a_late_answer_does_not_end_the_try_that_came_after_it(post, desk, time):
    post.happen(1)
    late = taken(desk, post, "one")
    time.shift(LEASE + timedelta(seconds=1))
    newer = taken(desk, post, "two")
    Endings(desk.store, Lanes(desk.jobs), desk.audit).end(late, Try(status=200))

    assert newer.id == late.id
    assert post.states() == {1: "delivering"}
    assert desk.rows(DeliveryAttempt) == []
