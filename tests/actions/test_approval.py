"""What a rule reserves for people waits for one of them, and happens once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role
from dashboard.queries.journal import Journal
from dashboard.store.actions import ActionRule, ActionRun
from dashboard.store.audit import AuditEntry
from tests.actions.desks import code_of
from tests.pulse import fixtures
from tests.pulse.desk import ADMIN, OPERATOR, VIEWER

pytestmark = fixtures.on_both

NOTE = {"about": "deals", "about_id": "1", "text": "Позвонить завтра"}
SECOND = Actor(kind="staff", id="stf_9", name="Пётр", role=Role.OPERATOR)
AGENT = Actor(kind="token", id="tok_1", name="бот", role=Role.ADMIN, agent_id="agt_1")
TOKEN = Actor(kind="token", id="tok_3", name="робот", role=Role.OPERATOR)
NAMESAKE = Actor(kind="token", id="tok_4", name="робот", role=Role.OPERATOR)
STRANGER = Actor(kind="token", id="tok_2", name="чужой", role=Role.ADMIN, agent_id="agt_2")


@pytest.fixture
def rule():
    """Notes need a person's approval."""
    return ActionRule(agent_id="agt_1", provider="pulse", action="add_note", decision="approval")


@pytest.fixture
def proposed(actions, act, rule):
    """A note that waits for approval."""
    actions.set_rule(ADMIN, rule)
    run = act("add_note", key="k1", **NOTE)
    assert run.state == "proposed"
    return run


def told(desk, run):
    """The journal's lines about a run."""
    return [entry for entry in desk.rows(AuditEntry) if entry.detail.get("run") == run.id]


def test_an_approved_action_happens(actions, desk, proposed):
    run = actions.approve(OPERATOR, proposed.id)

    assert (run.state, run.decided_by, desk.vendor.notes) == ("succeeded", "Ольга", 1)


def test_a_repeat_of_a_waiting_request_waits_with_it(act, desk, proposed):
    again = act("add_note", key="k1", **NOTE)

    assert (again.id, again.state, desk.vendor.notes) == (proposed.id, "proposed", 0)


def test_a_denied_action_never_happens(actions, act, desk, proposed):
    run = actions.deny(OPERATOR, proposed.id)

    assert (run.state, act("add_note", key="k1", **NOTE).state) == ("denied", "denied")
    assert code_of(lambda: actions.approve(SECOND, proposed.id)) == "actions.decided"
    assert desk.vendor.notes == 0


def test_the_journal_shows_who_approved_what_and_when(actions, desk, proposed, time):
    time.shift(timedelta(hours=3))
    actions.approve(OPERATOR, proposed.id)

    asked, approved, done = told(desk, proposed)
    assert [entry.detail["state"] for entry in (asked, approved, done)] == [
        "proposed",
        "approved",
        "succeeded",
    ]
    assert (approved.actor_name, approved.actor_id) == ("Ольга", "stf_1")
    assert approved.at - asked.at == timedelta(hours=3)
    assert asked.detail["payload"] == approved.detail["payload"] == NOTE
    assert approved.detail["digest"] == proposed.digest
    assert "payload" not in done.detail


def test_pages_find_what_waits(actions, act, desk, proposed, time):
    journal = Journal(desk.store)
    time.shift(timedelta(seconds=1))
    second = act("add_note", key="k2", **NOTE)
    [newest] = journal.waiting("proposed", limit=1)
    [older] = journal.waiting("proposed", agent_id="agt_1", before=newest.id)

    assert (newest.id, older.id, older.arguments) == (second.id, proposed.id, NOTE)
    assert journal.waiting_counts() == {"proposed": 2, "unknown": 0}
    assert journal.waiting_counts("agt_2") == {"proposed": 0, "unknown": 0}
    actions.deny(OPERATOR, second.id)
    assert journal.waiting_counts("agt_1") == {"proposed": 1, "unknown": 0}


def test_secrets_are_hidden_from_the_journal(actions, act, desk):
    rule = ActionRule(agent_id="agt_1", provider="pulse", action="create_deal", decision="approval")
    actions.set_rule(ADMIN, rule)
    fields = {"api_key": "fake-key-123456", "door": [{"pin": "0000", "floor": "2"}]}
    run = act("create_deal", title="Новая", custom_fields={"access": "", **fields})

    [entry] = told(desk, run)
    assert "fake-key-123456" not in str(entry.detail)
    assert entry.detail["payload"]["custom_fields"]["api_key"] == "••••"
    assert entry.detail["payload"]["title"] == "Новая"


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (VIEWER, "people.forbidden"),
        (AGENT, "actions.staff_only"),
        (STRANGER, "actions.unknown_run"),
    ],
)
@pytest.mark.parametrize("decision", ["approve", "deny", "confirm_done", "check_again"])
def test_only_staff_decide(actions, desk, proposed, actor, code, decision):
    assert code_of(lambda: getattr(actions, decision)(actor, proposed.id)) == code
    assert desk.row(ActionRun, proposed.id).state == "proposed"


def test_a_token_does_not_approve_its_own_request(actions, desk, rule):
    actions.set_rule(ADMIN, rule)
    run = actions.run(TOKEN, "agt_1", "pulse", "add_note", NOTE)

    assert code_of(lambda: actions.approve(TOKEN, run.id)) == "actions.own_request"
    assert (desk.row(ActionRun, run.id).state, desk.vendor.notes) == ("proposed", 0)


@pytest.mark.parametrize(
    ("asker", "approver"),
    [(TOKEN, NAMESAKE), (TOKEN, OPERATOR), (OPERATOR, TOKEN), (OPERATOR, OPERATOR)],
)
def test_another_token_and_any_person_may_approve(actions, desk, rule, asker, approver):
    actions.set_rule(ADMIN, rule)
    run = actions.run(asker, "agt_1", "pulse", "add_note", NOTE)

    assert actions.approve(approver, run.id).state == "succeeded"
    assert desk.vendor.notes == 1


def test_a_token_may_take_its_own_request_back(actions, desk, rule):
    actions.set_rule(ADMIN, rule)
    run = actions.run(TOKEN, "agt_1", "pulse", "add_note", NOTE)

    assert actions.deny(TOKEN, run.id).state == "denied"
    assert desk.vendor.notes == 0


def test_of_two_who_approve_at_once_one_does_it(actions, desk, proposed):
    gate, codes = Barrier(2), []

    def press(actor):
        gate.wait()
        try:
            codes.append(actions.approve(actor, proposed.id).state)
        except Refusal as refused:
            codes.append(refused.code)

    pressing = [Thread(target=press, args=(actor,)) for actor in (OPERATOR, SECOND)]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()

    assert sorted(codes) == ["actions.decided", "succeeded"]
    assert desk.vendor.notes == 1


def test_what_was_approved_but_not_begun_is_done_once_after_a_restart(actions, desk, proposed):
    desk.jobs.executor = "died"
    actions._decisions.make(OPERATOR, proposed.id, "approved")
    desk.jobs.executor = "next"
    for _ in range(2):
        desk.jobs.ticks["actions.sweep"]()
        desk.jobs.drain()

    assert (desk.row(ActionRun, proposed.id).state, desk.vendor.notes) == ("succeeded", 1)


def test_a_proposal_nobody_looks_at_ends_after_a_week(actions, desk, proposed, time):
    time.shift(timedelta(days=6, hours=23))
    desk.jobs.ticks["actions.sweep"]()
    before = desk.row(ActionRun, proposed.id).state
    time.shift(timedelta(hours=1))
    late = code_of(lambda: actions.approve(OPERATOR, proposed.id))
    desk.jobs.ticks["actions.sweep"]()

    run = desk.row(ActionRun, proposed.id)
    assert (before, late) == ("proposed", "actions.expired")
    assert (run.state, run.error_code, run.decided_by) == ("denied", "actions.expired", "system")
    assert told(desk, run)[-1].detail["payload"] == NOTE


def test_an_approved_action_meets_the_vendor_as_it_is_now(actions, desk, proposed):
    desk.change(state="needs_reauth")

    assert actions.approve(OPERATOR, proposed.id).state == "failed"
    assert desk.vendor.notes == 0
