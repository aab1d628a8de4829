"""Webhooks are unsigned forms: believed by account, read as hints, kept registered."""

from dataclasses import replace
from urllib.parse import urlencode

import httpx
import pytest

from dashboard.contracts.errors import BadSignature, Rejected
from dashboard.contracts.events import Refetch, Request, Trust
from providers.kommo import webhooks
from tests.contract import bench

TRUST = Trust(account_id="7039099", open_fields={"subdomain": "acme.kommo.com"})
ACCOUNT = {"account[id]": "7039099", "account[subdomain]": "acme"}
MOVED = {
    "leads[status][0][id]": "25399013",
    "leads[status][0][status_id]": "142",
    "leads[status][0][old_status_id]": "7039101",
    **ACCOUNT,
}


def call(pairs):
    return Request(method="POST", headers={}, body=urlencode(pairs).encode())


def subscribed(account, *events):
    return webhooks.subscribe(account.client, bench.HOOK_URL, "secret", events)


def test_the_vendors_own_example_is_read():
    webhooks.verify(call(MOVED), TRUST)
    [event] = webhooks.parse(call(MOVED), TRUST)

    assert (event.name, event.vendor_name) == ("deal.stage_changed", "status_lead")
    assert event.refetch == (Refetch(stream="deals", external_id="25399013"),)
    assert event.payload["old_status_id"] == "7039101"


def test_one_body_may_carry_several_entities():
    pairs = {
        "leads[update][0][id]": "1",
        "leads[update][1][id]": "2",
        "task[add][0][id]": "3",
        "contacts[add][0][id]": "4",
        "contacts[add][0][type]": "contact",
        "contacts[update][0][id]": "5",
        "contacts[update][0][type]": "company",
        **ACCOUNT,
    }

    events = webhooks.parse(call(pairs), TRUST)
    assert [event.name for event in events] == [
        "deal.changed",
        "deal.changed",
        "task.created",
        "contact.created",
        "unknown",
    ]
    assert events[-1].refetch[0].stream == "companies"


def test_a_deletion_is_told_as_one():
    [event] = webhooks.parse(call({"contacts[delete][0][id]": "9", **ACCOUNT}), TRUST)

    assert event.refetch == (Refetch(stream="contacts", external_id="9", deleted=True),)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"account[id]": "1", "account[subdomain]": "acme"},
        {"account[subdomain]": "other"},
        {"account": "7039099"},
    ],
)
def test_another_accounts_call_is_refused(said):
    with pytest.raises(BadSignature):
        webhooks.verify(call({"leads[add][0][id]": "1", **said}), TRUST)


def test_a_renamed_account_is_still_the_same_account():
    renamed = {**MOVED, "account[subdomain]": "acme-new"}

    assert webhooks.verify(call(renamed), TRUST) is None


def test_an_account_without_a_number_is_known_by_its_address():
    said = {"leads[add][0][id]": "1", "account[subdomain]": "acme"}

    assert webhooks.verify(call(said), TRUST) is None
    with pytest.raises(BadSignature):
        webhooks.verify(call(said), replace(TRUST, open_fields={}))


def test_a_note_or_an_unknown_entity_is_read_as_unknown():
    pairs = {"leads[note][0][note][text]": "x", "talk[add][0][talk_id]": "5", **ACCOUNT}

    events = webhooks.parse(call(pairs), TRUST)
    assert [(e.name, e.refetch) for e in events] == [("unknown", ()), ("unknown", ())]


def test_only_chosen_events_are_sent(account):
    subscribed(account, "deal.stage_changed")

    assert account.play("add_deal") == []
    assert len(account.play("change_deal", {"stage": "7100:7104"})) == 1


def test_choosing_other_events_registers_them(account):
    subscribed(account, "deal.created")
    subscribed(account, "task.created")

    [hook] = account.state()["hooks"]
    assert hook["settings"] == ["add_task"]


def test_the_same_choice_again_writes_nothing(account):
    subscribed(account, "deal.created")
    account.network.requests.clear()
    subscribed(account, "deal.created")

    assert [request.method for request in account.network.requests] == ["GET"]


def test_our_own_changes_come_back_as_hints(account):
    subscribed(account, "deal.changed")
    account.client.patch("/api/v4/leads/3000", {"name": "Своя правка"})

    [sent] = account.emitted
    trust = bench.trust(account, "secret")
    webhooks.verify(bench.request(sent), trust)
    [event] = webhooks.parse(bench.request(sent), trust)
    assert (event.name, event.payload["name"]) == ("deal.changed", "Своя правка")


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        (lambda state: state["hooks"].clear(), "hook_missing"),
        (lambda state: state["hooks"][0].update(disabled=True), "hook_disabled"),
        (lambda state: state["hooks"][0].update(settings=["add_lead"]), "hook_changed"),
    ],
)
def test_drift_is_named_and_mended_by_subscribing_again(account, change, drift):
    made = subscribed(account, "deal.created", "deal.changed")
    account.change(change)
    assert webhooks.registered(account.client, made, bench.HOOK_URL) == drift

    mended = subscribed(account, "deal.created", "deal.changed")
    assert webhooks.registered(account.client, mended, bench.HOOK_URL) == ""


def test_an_account_that_knows_no_edited_task_hears_of_the_rest(account):
    def strict(request):
        asked = request.method == "POST" and b"update_task" in request.content
        return httpx.Response(400, json={"title": "Bad Request"}) if asked else None

    account.network.instead = strict
    made = subscribed(account, "deal.created", "task.changed")
    [hook] = account.state()["hooks"]
    again = subscribed(account, "deal.created", "task.changed")

    assert set(hook["settings"]) == {"add_lead", "responsible_task", "delete_task"}
    assert webhooks.registered(account.client, made, bench.HOOK_URL) == ""
    assert again == made
    assert len(account.state()["hooks"]) == 1


def test_a_registration_refused_for_another_reason_stays_refused(account):
    account.network.instead = lambda request: (
        httpx.Response(400, json={"title": "Bad Request"}) if request.method == "POST" else None
    )

    with pytest.raises(Rejected):
        subscribed(account, "deal.created")


@pytest.mark.parametrize("odd", ["9" * 5000, "²", "99999999999999999"])
def test_an_impossible_time_is_no_crash(odd):
    pairs = {"leads[add][0][id]": "1", "leads[add][0][updated_at]": odd, **ACCOUNT}
    [event] = webhooks.parse(call(pairs), TRUST)

    assert event.occurred_at is None
