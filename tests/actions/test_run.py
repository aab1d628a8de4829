"""An action is typed, happens once for a key, and its outcome is never guessed."""

from datetime import timedelta

import httpx
import pytest

from dashboard.contracts.errors import Refusal
from dashboard.store.actions import ActionRun
from dashboard.store.audit import AuditEntry
from tests.actions.desks import code_of
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR, VIEWER
from tests.pulse.vendor import contact, deal

pytestmark = fixtures.on_both

NOTE = {"about": "deals", "about_id": "1", "text": "Секретная заметка"}


def test_an_action_happens_and_is_written_down(act, desk):
    run = act("create_contact", name="Анна Новая")

    assert (run.state, run.result["external_id"]) == ("succeeded", "1")
    assert desk.vendor.contacts[1]["name"] == "Анна Новая"
    [entry] = desk.rows(AuditEntry)
    assert (entry.action, entry.outcome) == ("action.create_contact", "ok")


def test_the_journal_holds_no_values(act, desk):
    act("add_note", **NOTE)

    [entry] = desk.rows(AuditEntry)
    assert entry.detail["fields"] == ["about", "about_id", "text"]
    assert "Секретная" not in str(entry.model_dump())


def test_a_repeat_with_the_same_key_acts_once(act, desk):
    first = act("add_note", key="k1", **NOTE)
    second = act("add_note", key="k1", **NOTE)

    assert second.id == first.id
    assert second.result == first.result
    assert desk.vendor.notes == 1


@pytest.mark.parametrize("state", ["needs_reauth", "disconnected"])
def test_a_repeat_is_answered_also_when_the_connection_has_ended(act, desk, state):
    first = act("add_note", key="k1", **NOTE)
    desk.change(state=state)
    second = act("add_note", key="k1", **NOTE)

    assert (second.id, second.state) == (first.id, "succeeded")
    assert desk.vendor.notes == 1


def test_another_request_is_told_apart_also_when_the_connection_has_ended(act, desk):
    act("add_note", key="k1", **NOTE)
    desk.change(state="needs_reauth")

    assert code_of(lambda: act("add_note", key="k1", **{**NOTE, "text": "Другая"})) == (
        "actions.key_reused"
    )


def test_a_repeat_is_the_same_request_though_the_mapping_has_changed(act, mappings):
    first = act("create_deal", key="k1", title="Новая", agent_fields={"need": "CRM"})
    mappings.prefix = "renamed"
    second = act("create_deal", key="k1", title="Новая", agent_fields={"need": "CRM"})

    assert second.id == first.id


def test_without_a_key_every_call_acts(act, desk):
    act("add_note", **NOTE)
    act("add_note", **NOTE)

    assert desk.vendor.notes == 2


def test_a_key_is_not_good_for_another_request(act):
    act("add_note", key="k1", **NOTE)

    assert code_of(lambda: act("add_note", key="k1", **{**NOTE, "text": "Другая"})) == (
        "actions.key_reused"
    )


def test_a_twin_under_way_is_waited_for_and_then_told(act, desk, waited):
    desk.vendor.instead = lambda _: None
    codes = []

    def twin(_request):
        desk.vendor.instead = lambda _: None
        codes.append(code_of(lambda: act("add_note", key="k1", **NOTE)))

    desk.vendor.instead = twin
    run = act("add_note", key="k1", **NOTE)

    assert codes == ["actions.in_progress"]
    assert 1.9 <= sum(waited) <= 2.2
    assert run.state == "succeeded"
    assert desk.vendor.notes == 1


def test_unknown_and_wrong_fields_are_named(act, desk):
    with pytest.raises(Refusal) as refused:
        act("add_note", about="deals", about_id="1", text="", colour="red")

    assert refused.value.code == "actions.invalid"
    assert refused.value.values["fields"] == "colour, text"
    assert desk.rows(ActionRun) == []


@pytest.mark.parametrize(
    ("provider", "action", "code"),
    [
        ("pulse", "fly", "actions.unknown"),
        ("nobody", "fly", "actions.unknown"),
        ("pulse", "add_tags", "actions.exempt"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(actions, provider, action, code):
    assert code_of(lambda: actions.run(OPERATOR, "agt_1", provider, action, {})) == code


@pytest.mark.parametrize(
    ("state", "code"),
    [("draft", "actions.not_connected"), ("needs_reauth", "actions.needs_reauth")],
)
def test_a_connection_that_does_not_work_is_refused(act, desk, state, code):
    desk.change(state=state)

    assert code_of(lambda: act("add_note", **NOTE)) == code
    assert desk.vendor.calls == []


def test_a_viewer_does_nothing(actions, desk):
    with pytest.raises(Refusal) as refused:
        actions.run(VIEWER, "agt_1", "pulse", "add_note", NOTE)

    assert refused.value.status == 403
    assert desk.vendor.calls == []


def test_what_was_touched_is_read_again(act, desk):
    act("create_deal", title="Новая")

    [job] = desk.jobs.of("inbound.refetch")
    assert job.args["stream"] == "deals"
    assert job.args["external_id"] == "1"


def test_agent_fields_are_written_by_the_mapping(act, desk):
    act("create_deal", title="Новая", agent_fields={"need": "CRM"}, custom_fields={"own": "1"})

    assert desk.vendor.deals[1]["fields"]["custom_fields"] == {"vendor_need": "CRM", "own": "1"}


def test_agent_fields_belong_to_actions_with_custom_fields(act):
    assert code_of(lambda: act("add_note", **NOTE, agent_fields={"need": "CRM"})) == (
        "actions.invalid"
    )


def test_a_lost_answer_of_a_keyed_action_is_asked_for_again(act, desk):
    desk.vendor.lose_next_answer = True

    run = act("create_deal", title="Новая")
    assert run.state == "succeeded"
    assert len(desk.vendor.deals) == 1


def test_a_lost_answer_is_looked_up_before_repeating(act, desk):
    desk.vendor.lose_next_answer = True

    run = act("create_contact", name="Анна")
    assert run.state == "succeeded"
    assert len(desk.vendor.contacts) == 1


def test_a_call_that_surely_had_no_effect_is_repeated(act, desk):
    def lose(request):
        if request.method == "POST":
            desk.vendor.instead = lambda _: None
            raise httpx.ReadTimeout("lost")

    desk.vendor.instead = lose

    run = act("create_contact", name="Анна")
    assert run.state == "succeeded"
    assert len(desk.vendor.contacts) == 1


def test_a_lost_answer_nobody_can_look_up_is_unknown_until_a_person_decides(act, actions, desk):
    desk.vendor.lose_next_answer = True

    run = act("add_note", key="k1", **NOTE)
    assert (run.state, run.error_code) == ("unknown", "outcome_unknown")
    assert act("add_note", key="k1", **NOTE).state == "unknown"
    assert desk.vendor.notes == 1

    decided = actions.confirm_done(OPERATOR, run.id)
    assert (decided.state, decided.decided_by) == ("succeeded", "Ольга")


def test_silence_after_a_loss_stays_unknown(act, desk):
    def lose_then_silent(request):
        if request.method == "POST":
            desk.vendor.lose_next_answer = True
            desk.vendor.instead = lambda _: httpx.Response(503)

    desk.vendor.instead = lose_then_silent

    assert act("create_deal", title="Новая").state == "unknown"


def test_a_lost_read_is_no_riddle(act, desk):
    desk.vendor.instead = lambda _: httpx.Response(503)

    run = act("find_contact", query="Анна")
    assert (run.state, run.error_code) == ("failed", "outcome_unknown")


def test_a_short_rate_limit_is_waited_for_once(act, desk, waited):
    def slow(_request):
        desk.vendor.instead = lambda _: None
        return httpx.Response(429, headers={"retry-after": "2"})

    desk.vendor.instead = slow

    assert act("add_note", **NOTE).state == "succeeded"
    assert waited == [2.0]


def test_a_long_rate_limit_fails_and_says_until_when(act, desk, waited):
    desk.vendor.instead = lambda _: httpx.Response(429, headers={"retry-after": "120"})

    run = act("add_note", **NOTE)
    assert (run.state, run.error_code) == ("failed", "rate_limited")
    assert "120" in run.error_reason
    assert waited == []


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [(400, "failed", "rejected"), (403, "denied", "permission_missing")],
)
def test_a_refusal_of_the_vendor_is_final(act, desk, status, state, code):
    desk.vendor.instead = lambda _: httpx.Response(status)

    run = act("add_note", **NOTE)
    assert (run.state, run.error_code) == (state, code)


def test_a_lost_login_fails_the_action_and_marks_the_connection(act, desk):
    desk.vendor.instead = lambda _: httpx.Response(401)

    assert act("add_note", **NOTE).error_code == "auth_expired"
    assert desk.connection().state == "needs_reauth"


def test_a_process_that_dies_in_the_call_leaves_no_run_under_way(act, desk, time):
    class Killed(BaseException):
        pass

    def die(_request):
        desk.vendor.instead = lambda _: None
        raise Killed

    for action, arguments in (("create_deal", {"title": "Новая"}), ("add_note", NOTE)):
        desk.vendor.instead = die
        with pytest.raises(Killed):
            act(action, **arguments)

    time.shift(timedelta(minutes=6))
    desk.jobs.ticks["actions.sweep"]()
    desk.jobs.drain()
    assert [run.state for run in desk.rows(ActionRun)] == ["succeeded", "unknown"]
    assert (len(desk.vendor.deals), desk.vendor.notes) == (1, 0)


def test_a_safe_action_may_be_repeated_by_the_house(act, desk):
    desk.vendor.deals = {1: deal(1)}
    desk.vendor.lose_next_answer = True

    assert act("update_deal", deal_id="1", title="Новое имя").state == "succeeded"
    assert desk.vendor.deals[1]["title"] == "Новое имя"


def test_reading_actions_answer(act, desk):
    desk.vendor.contacts = {1: contact(1)}

    assert act("find_contact", query="Анна").result["contacts"][0]["name"] == "Анна 1"
