"""A vendor that hangs takes some places of a process, never all of them."""

import threading
from contextlib import ExitStack

import pytest

from dashboard.jobs.order import Order
from dashboard.jobs.slots import Slots

BULK = 20


@pytest.fixture
def hanging(jobs, until):
    """Sixty jobs of one vendor that does not answer, as many at work as may be."""
    release, at_work = threading.Event(), []

    def hang(_job):
        at_work.append(1)
        release.wait(60)

    jobs.register("hang", hang)
    for n in range(60):
        jobs.enqueue("hang", {}, key=f"slow_{n}", group="hanging", priority=BULK)
    jobs.start()
    assert until(lambda: len(at_work) >= 24, 60)
    yield at_work
    release.set()


def test_jobs_of_other_vendors_go_on_while_one_hangs(jobs, diary, hanging):
    jobs.register("quick", lambda job: diary.write(job.args["n"]))
    for n in range(12):
        jobs.enqueue("quick", {"n": n}, key=f"quick_{n}", group="healthy", priority=BULK)

    assert sorted(diary.wait(12, 60)) == list(range(12))
    assert len(hanging) == 24


def test_what_found_no_place_is_done_when_there_is_one(jobs, diary, until):
    release = threading.Event()

    def work(job):
        release.wait(60)
        diary.write(job.args["n"])

    jobs.register("work", work)
    for n in range(40):
        jobs.enqueue("work", {"n": n}, key=f"con_{n}", group="vendor", priority=BULK)
    jobs.start()
    put_off = until(lambda: jobs.stats().delayed > 0, 60)
    release.set()

    assert put_off
    assert sorted(diary.wait(40, 90)) == list(range(40))


@pytest.mark.parametrize("others", [1, 2, 3])
def test_several_hanging_vendors_leave_a_place_too(others):
    slots = Slots({"bulk": 32})
    with ExitStack() as held:
        places = [slots.taken("bulk", f"hanging_{n % others}", 0) for n in range(40 * others)]
        taken = [held.enter_context(place) for place in places]
        healthy = held.enter_context(slots.taken("bulk", "healthy"))

    assert sum(taken) <= 24 + 2 * others
    assert healthy


def test_a_place_that_is_soon_free_is_waited_for():
    slots = Slots({"bulk": 2})
    held = ExitStack()
    held.enter_context(slots.taken("bulk", "vendor"))
    threading.Timer(0.2, held.close).start()

    with slots.taken("bulk", "vendor", 30) as has_place:
        assert has_place


def test_a_place_is_given_back_when_a_job_fails():
    slots = Slots({"bulk": 2})
    with pytest.raises(ZeroDivisionError), slots.taken("bulk", "vendor"):
        raise ZeroDivisionError

    with slots.taken("bulk", "vendor") as first, slots.taken("bulk", "other") as second:
        assert first
        assert second


def test_an_older_version_does_what_a_newer_one_has_put():
    order = Order(id="1", kind="work", args="{}", key="k", group="g")
    newer = order.packed().replace('"kind"', '"invented_later": 1, "kind"')

    assert Order.unpacked(newer) == order
