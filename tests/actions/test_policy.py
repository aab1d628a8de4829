"""Staff's rules are followed: forbid, ask, limit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from dashboard.actions.policy import Decision, decide
from dashboard.contracts.errors import Refusal
from dashboard.store.actions import ActionRule
from dashboard.store.audit import AuditEntry
from tests.pulse import fixtures
from tests.pulse.desk import ADMIN, OPERATOR

NOTE = {"about": "deals", "about_id": "1", "text": "Заметка"}


def rule(action="add_note", **values):
    return ActionRule(agent_id="agt_1", provider="pulse", action=action, **values)


@pytest.mark.parametrize(
    ("values", "runs", "amount", "decision", "code"),
    [
        ({}, 0, None, Decision.ALLOWED, ""),
        ({"decision": "forbidden"}, 0, None, Decision.FORBIDDEN, "actions.forbidden"),
        ({"decision": "approval"}, 0, None, Decision.APPROVAL, "actions.needs_approval"),
        ({"daily_limit": 3}, 2, None, Decision.ALLOWED, ""),
        ({"daily_limit": 3}, 3, None, Decision.FORBIDDEN, "actions.daily_limit"),
        ({"amount_limit": "100"}, 0, Decimal(100), Decision.ALLOWED, ""),
        ({"amount_limit": "100"}, 0, Decimal("100.01"), Decision.APPROVAL, "actions.amount_limit"),
        ({"amount_limit": "100"}, 0, None, Decision.APPROVAL, "actions.amount_limit"),
    ],
)
def test_a_rule_decides(values, runs, amount, decision, code):
    verdict = decide(rule(**values), runs, amount)

    assert (verdict.decision, verdict.code) == (decision, code)


def test_without_a_rule_everything_is_allowed():
    assert decide(None, 1000, Decimal(10**9)).decision is Decision.ALLOWED


def test_a_forbidden_action_is_denied_and_written_down(act, actions, desk):
    actions.set_rule(ADMIN, rule(decision="forbidden"))

    run = act("add_note", **NOTE)
    assert (run.state, run.error_code) == ("denied", "actions.forbidden")
    assert desk.vendor.calls == []
    assert desk.rows(AuditEntry)[-1].outcome == "refused"


def test_a_proposed_action_happens_only_after_approval(act, actions, desk):
    actions.set_rule(ADMIN, rule(decision="approval"))

    run = act("add_note", key="k1", **NOTE)
    assert (run.state, desk.vendor.notes) == ("proposed", 0)
    assert act("add_note", key="k1", **NOTE).id == run.id

    assert actions.approve(OPERATOR, run.id).state == "succeeded"
    assert desk.vendor.notes == 1


def test_an_approval_counts_once(act, actions, desk):
    actions.set_rule(ADMIN, rule(decision="approval"))
    run = act("add_note", **NOTE)
    actions.approve(OPERATOR, run.id)

    with pytest.raises(Refusal) as refused:
        actions.approve(OPERATOR, run.id)
    assert refused.value.code == "actions.decided"
    assert desk.vendor.notes == 1


def test_a_denied_action_never_happens(act, actions, desk):
    actions.set_rule(ADMIN, rule(decision="approval"))
    run = act("add_note", **NOTE)

    assert actions.deny(OPERATOR, run.id).state == "denied"
    assert desk.vendor.calls == []


def test_a_daily_limit_begins_anew_at_midnight(act, actions, time):
    actions.set_rule(ADMIN, rule(daily_limit=2))

    states = [act("add_note", **NOTE).state for _ in range(3)]
    assert states == ["succeeded", "succeeded", "denied"]
    time.shift(timedelta(hours=15))
    assert act("add_note", **NOTE).state == "succeeded"


def test_a_large_amount_asks_a_person(act, actions, desk):
    actions.set_rule(ADMIN, rule("create_deal", amount_limit="1000"))

    assert act("create_deal", title="Малая", amount="999").state == "succeeded"
    assert act("create_deal", title="Большая", amount="1001").state == "proposed"
    assert len(desk.vendor.deals) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"daily_limit": -1}, "daily_limit"),
        ({"amount_limit": "lots"}, "amount_limit"),
        ({"amount_limit": "-5"}, "amount_limit"),
        ({"amount_limit": "NaN"}, "amount_limit"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(actions, values, field):
    with pytest.raises(Refusal) as refused:
        actions.set_rule(ADMIN, rule(**values))

    assert refused.value.field == field


def test_only_an_admin_makes_rules(actions):
    with pytest.raises(Refusal) as refused:
        actions.set_rule(OPERATOR, rule(decision="forbidden"))

    assert refused.value.status == 403


def test_the_catalogue_says_what_can_be_done_and_why_not(actions):
    actions.set_rule(ADMIN, rule(decision="forbidden"))
    offers = {o.action: o for o in actions.catalogue(OPERATOR, "agt_1") if o.provider == "pulse"}

    assert offers["create_deal"].available
    assert offers["create_deal"].input_schema["additionalProperties"] is False
    assert "agent_fields" in offers["create_deal"].input_schema["properties"]
    assert offers["add_note"].why_not == "actions.forbidden"
    assert offers["add_tags"].why_not == "actions.exempt"


@pytest.mark.parametrize(
    ("state", "code"),
    [("draft", "actions.not_connected"), ("needs_reauth", "actions.needs_reauth")],
)
def test_the_catalogue_follows_the_connection(actions, desk, state, code):
    desk.change(state=state)

    offers = [o for o in actions.catalogue(OPERATOR, "agt_1") if o.provider == "pulse"]
    assert {o.why_not for o in offers} == {code, "actions.exempt"}


@fixtures.on_both
def test_a_daily_limit_holds_when_all_ask_at_once(act, actions, desk):
    actions.set_rule(ADMIN, rule(daily_limit=3))
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: act("add_note", **NOTE), range(8)))

    assert sorted(run.state for run in runs) == ["denied"] * 5 + ["succeeded"] * 3
    assert desk.vendor.calls == ["POST /notes"] * 3
