"""A run that nobody saw the end of: found out about, or honestly unknown."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import turns
from dashboard.contracts.people import Actor, Role
from dashboard.store.actions import ActionRun
from dashboard.store.audit import AuditEntry
from dashboard.store.executors import Executor
from tests.actions.desks import code_of
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR

pytestmark = fixtures.on_both

NOTE = {"about": "deals", "about_id": "1", "text": "Позвонить завтра"}
NAMELESS = Actor(kind="token", id="tok_7", role=Role.OPERATOR)
CASES = [("create_deal", {"title": "Новая"}), ("create_contact", {"name": "Анна"})]


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def executors(desk):
    """Say which processes the engine takes for alive."""

    def living(*names):
        with desk.store.transaction() as session:
            session.exec(sa.delete(Executor))
            session.add_all(Executor(id=name, beat=1.0) for name in names)

    return living


@pytest.fixture
def dies(act, desk, executors):
    """Run an action in a process that dies in the call, before or after the vendor acts."""

    def run(action, *, acted, **arguments):
        executors("first")
        desk.jobs.executor = "first"
        if acted:
            desk.vendor.lose_next_answer = True
            desk.vendor.instead = _second_call_dies(desk)
        else:
            desk.vendor.instead = _dies
        with pytest.raises(Killed):
            act(action, **arguments)
        desk.vendor.instead = lambda _: None
        desk.vendor.lose_next_answer = False
        desk.jobs.executor = "second"
        [run] = desk.rows(ActionRun)
        return run

    return run


def _dies(_request):
    raise Killed


def _second_call_dies(desk):
    def instead(_request):
        desk.vendor.instead = _dies

    return instead


def sweep(desk):
    desk.jobs.ticks["actions.sweep"]()
    return desk.jobs.drain()


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize(("action", "arguments"), CASES)
def test_a_dead_process_leaves_a_run_that_is_done_once(
    dies, desk, executors, acted, action, arguments
):
    run = dies(action, acted=acted, **arguments)
    executors("second")
    sweep(desk)

    made = [*desk.vendor.deals, *desk.vendor.contacts]
    assert (desk.row(ActionRun, run.id).state, len(made)) == ("succeeded", 1)


def test_a_condemned_process_counts_as_dead_before_it_is_forgotten(dies, desk, executors):
    run = dies("create_deal", acted=False, title="Новая")
    executors("first", "second")
    with desk.store.transaction() as session:
        session.get_one(Executor, "first").beat = 0.0
    sweep(desk)

    assert desk.row(ActionRun, run.id).state == "succeeded"


def test_a_living_process_is_left_in_peace(dies, desk, executors):
    run = dies("create_deal", acted=False, title="Новая")
    executors("first", "second")
    ran = sweep(desk)

    assert (desk.row(ActionRun, run.id).state, ran) == ("running", [])


def test_where_nobody_can_tell_it_is_unknown_until_a_person_decides(dies, actions, desk, executors):
    run = dies("add_note", acted=False, **NOTE)
    executors("second")
    sweep(desk)

    unknown = desk.row(ActionRun, run.id)
    assert (unknown.state, unknown.error_code) == ("unknown", "outcome_unknown")
    assert actions.confirm_not_done(OPERATOR, run.id).state == "failed"
    assert desk.vendor.notes == 0


@pytest.mark.parametrize("state", ["needs_reauth", "disconnected"])
def test_who_cannot_ask_does_not_say_that_nothing_happened(dies, desk, executors, state):
    run = dies("create_contact", acted=True, name="Анна")
    executors("second")
    desk.change(state=state)
    sweep(desk)

    assert desk.row(ActionRun, run.id).state == "unknown"


def test_an_unknown_run_is_asked_about_again_by_itself(dies, desk, executors, time):
    run = dies("create_contact", acted=True, name="Анна")
    executors("second")
    desk.vendor.instead = lambda _: httpx.Response(503)
    sweep(desk)
    before = desk.row(ActionRun, run.id).state
    time.shift(timedelta(minutes=1))
    desk.jobs.drain()
    still = desk.row(ActionRun, run.id).state
    desk.vendor.instead = lambda _: None
    time.shift(timedelta(minutes=2))
    desk.jobs.drain()

    found = desk.row(ActionRun, run.id)
    assert (before, still) == ("unknown", "unknown")
    assert (found.state, found.result["external_id"], found.error_code) == ("succeeded", "1", "")
    assert desk.rows(AuditEntry)[-1].detail["state"] == "succeeded"


def test_asking_ends_after_some_hours_and_a_person_may_ask_on(dies, actions, desk, executors, time):
    run = dies("create_contact", acted=False, name="Анна")
    executors("second")
    desk.vendor.instead = lambda _: httpx.Response(503)
    sweep(desk)
    for _ in range(12):
        time.shift(timedelta(hours=5))
        desk.jobs.drain()
    left = list(desk.jobs.waiting)
    desk.vendor.instead = lambda _: None

    found = actions.check_again(OPERATOR, run.id)
    assert (found.state, found.error_code, found.decided_by) == (
        "failed",
        "actions.not_done",
        "Ольга",
    )
    assert (left, desk.vendor.contacts) == ([], {})


def test_who_has_no_name_is_remembered_by_the_id(dies, actions, desk, executors):
    run = dies("create_contact", acted=True, name="Анна")
    executors("second")
    desk.vendor.instead = lambda _: httpx.Response(503)
    sweep(desk)
    desk.vendor.instead = lambda _: None

    found = actions.check_again(NAMELESS, run.id)
    assert (found.state, found.decided_by) == ("succeeded", "token:tok_7")


def test_recoveries_hold_no_more_places_than_their_vendors_share(dies, desk, executors):
    dies("create_deal", acted=False, title="Новая")
    executors("second")
    desk.jobs.ticks["actions.sweep"]()

    assert [job.group for job in desk.jobs.of("actions.recover")] == ["pulse"]


def test_a_check_that_tells_nothing_changes_nothing(dies, actions, desk, executors):
    run = dies("create_contact", acted=True, name="Анна")
    executors("second")
    desk.vendor.instead = lambda _: httpx.Response(503)
    sweep(desk)
    entries = len(desk.rows(AuditEntry))

    assert actions.check_again(OPERATOR, run.id).state == "unknown"
    assert len(desk.rows(AuditEntry)) == entries


def test_a_vendors_memory_of_keys_is_not_trusted_for_ever(dies, actions, desk, executors, time):
    run = dies("create_deal", acted=True, title="Новая")
    executors("second")
    desk.vendor.instead = lambda _: httpx.Response(503)
    sweep(desk)
    desk.vendor.instead = lambda _: None
    time.shift(timedelta(hours=21))

    assert code_of(lambda: actions.check_again(OPERATOR, run.id)) == "actions.cannot_check"
    assert len(desk.vendor.deals) == 1


@pytest.mark.parametrize(
    ("action", "hours", "can"),
    [
        ("create_contact", 400, True),
        ("create_deal", 19, True),
        ("create_deal", 20, False),
        ("update_deal", 0, False),
        ("add_note", 0, False),
    ],
)
def test_pages_can_tell_where_asking_makes_sense(actions, time, action, hours, can):
    begun_at = clock.now()
    time.shift(timedelta(hours=hours))

    assert actions.can_check("pulse", action, begun_at) is can


def test_nobody_is_asked_about_what_nobody_can_tell(dies, actions, desk, executors):
    run = dies("add_note", acted=False, **NOTE)
    executors("second")
    sweep(desk)

    assert code_of(lambda: actions.check_again(OPERATOR, run.id)) == "actions.cannot_check"


def test_a_frozen_process_that_wakes_up_does_not_call(act, desk, executors, monkeypatch):
    executors("first", "second")
    desk.jobs.executor = "first"
    monkeypatch.setattr(turns, "SURE_SECONDS", -1.0)
    taken = []

    def frozen():
        # While it sleeps it is taken for dead, and another process finds out about its run.
        if not taken:
            taken.append(True)
            executors("second")
            desk.jobs.executor = "second"
            sweep(desk)

    desk.reach.before_call = frozen
    run = act("create_contact", name="Анна")

    assert (run.state, len(desk.vendor.contacts)) == ("succeeded", 1)
    assert desk.vendor.calls.count("POST /contacts") == 1
