"""Set-up: nothing is kept before the vendor has said whose account it is."""

import pytest

from dashboard.contracts.errors import (
    AuthExpired,
    Refusal,
    Rejected,
    Unavailable,
)
from dashboard.contracts.people import Actor, Role
from dashboard.store.audit import AuditEntry
from dashboard.store.connections import Connection
from tests.fixtures.links import ANNA


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value


def test_a_begun_connection_is_a_draft_with_a_secret_hook_address(desk):
    row = desk.begun()

    assert (row.state, row.environment, row.method) == ("draft", "sandbox", "keys")
    assert row.tenant
    assert len(row.hook_hash) == 64
    assert desk.secrets(f"connection:{row.id}") == ["hook_secret", "hook_token"]
    assert desk.configure.hook_url(row).startswith("https://desk.example/hooks/")


def test_a_hook_secret_fits_into_any_header(desk):
    row = desk.begun()
    with desk.store.transaction() as session:
        secret = desk.vault.open(session, f"connection:{row.id}", "hook_secret")

    assert secret.replace("-", "").replace("_", "").isalnum()
    assert len(secret) >= 43


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"agent_id": "agt_nobody"}, "connections.no_agent", 404),
        ({"provider": "nothing"}, "connections.no_provider", 404),
        ({"method": "nothing"}, "connections.no_method", 422),
        ({"environment": "staging"}, "connections.bad_environment", 422),
    ],
)
def test_what_is_not_there_cannot_be_begun(desk, change, code, status):
    asked = {"agent_id": desk.agent, "provider": "acme", **change}
    refusal = refused(desk.connect.begin, ANNA, **asked)

    assert (refusal.code, refusal.status) == (code, status)
    assert desk.all(Connection) == []


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (Actor(kind="staff", role=Role.VIEWER), "people.forbidden"),
        (Actor(kind="token", role=Role.ADMIN, agent_id="agt_other"), "people.other_agent"),
    ],
)
def test_only_who_may_touch_the_agent_connects_it(desk, actor, code):
    assert refused(desk.connect.begin, actor, desk.agent, "acme").code == code


def test_beginning_again_goes_on_with_the_same_draft(desk):
    first, second = desk.begun(), desk.begun()

    assert second.id == first.id
    assert second.tenant == first.tenant
    assert len(desk.all(Connection)) == 1


def test_beginning_again_in_the_other_environment_forgets_what_was_proven(desk):
    row = desk.signed_in()
    again = desk.begun(environment="live")

    assert (again.id, again.state, again.tenant) == (row.id, "draft", "")
    assert again.account_id == ""
    assert "credentials" not in desk.secrets(f"connection:{row.id}")


def test_keys_prove_an_account_and_are_sealed(desk):
    row = desk.begun()
    account = desk.connect.submit_keys(ANNA, row.id, desk.sample(row))
    now = desk.row(row.id)

    assert (now.state, now.account_id, now.account_name) == (
        "authorized",
        account.id,
        account.name,
    )
    assert now.open_fields == {"region": "eu"}
    assert now.settings == {"currency": "EUR"}
    assert desk.tokens.kept(row.id) == {"api_key": desk.world(row)["key"]}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"region": "EU!"}, "connections.field_invalid", "region"),
        ({"region": 7}, "connections.field_invalid", "region"),
        ({"api_key": "  "}, "connections.field_required", "api_key"),
        ({"api_key": "x" * 9000}, "connections.field_invalid", "api_key"),
        ({"password": "x"}, "connections.field_unknown", "password"),
    ],
)
def test_a_badly_typed_field_is_named_and_nothing_is_kept(desk, change, code, field):
    row = desk.begun()
    before = desk.fingerprint(row.id)
    refusal = refused(desk.connect.submit_keys, ANNA, row.id, desk.sample(row) | change)

    assert (refusal.code, refusal.field) == (code, field)
    assert desk.fingerprint(row.id) == before


@pytest.mark.parametrize(
    ("change", "fault", "word"),
    [
        ({"region": "xx"}, "", Rejected),
        ({"api_key": "acme-key-of-somebody-else"}, "", AuthExpired),
        ({}, "outage", Unavailable),
    ],
)
def test_what_the_vendor_refuses_is_not_kept(desk, change, fault, word):
    row = desk.begun()
    given = desk.sample(row) | change
    [desk.fault(row, fault) for _ in [1] if fault]
    before = desk.fingerprint(row.id)
    with pytest.raises(word):
        desk.connect.submit_keys(ANNA, row.id, given)

    assert desk.fingerprint(row.id) == before


def test_activation_starts_reading_and_the_webhook(desk):
    row = desk.signed_in()
    result = desk.connect.activate(ANNA, row.id)
    now = desk.row(row.id)

    assert result.ok
    assert {check.name for check in result.checks} == {
        "account",
        "stream.deals",
        "stream.contacts",
        "fields.deals",
        "own_right",
    }
    assert now.state == "active"
    assert now.connected_at is not None
    assert now.events == ["deal.created", "deal.changed"]
    assert now.next_due_at is not None
    assert desk.jobs.kinds() == ["hooks.subscribe", "sync.request"]


def test_settings_chosen_first_leave_the_usual_events(desk):
    row = desk.signed_in()
    desk.configure.save_settings(ANNA, row.id, {"sync_deals": True})
    desk.connect.activate(ANNA, row.id)

    assert desk.row(row.id).events == ["deal.created", "deal.changed"]


def test_whoever_wants_no_events_gets_none(desk):
    row = desk.signed_in()
    desk.configure.save_events(ANNA, row.id, [])
    desk.connect.activate(ANNA, row.id)

    assert desk.row(row.id).events == []


def test_activating_twice_starts_nothing_twice(desk):
    row = desk.active()
    desk.connect.activate(ANNA, row.id)

    assert desk.jobs.kinds() == []
    assert desk.row(row.id).connected_at == row.connected_at


def test_what_was_switched_on_and_fails_stops_activation_until_it_is_put_right(desk):
    row = desk.signed_in()
    desk.change(row, lambda state: state["denied"].append("people"))
    refusal = desk.connect.activate(ANNA, row.id)

    assert [check.name for check in refusal.blocking] == ["stream.contacts"]
    assert desk.row(row.id).state == "authorized"
    assert desk.jobs.kinds() == []

    desk.configure.save_settings(ANNA, row.id, {"sync_contacts": False})
    assert desk.connect.activate(ANNA, row.id).ok
    assert desk.row(row.id).state == "active"


def test_a_draft_cannot_be_activated(desk):
    row = desk.begun()

    assert refused(desk.connect.activate, ANNA, row.id).code == "connections.not_proven"


def test_a_second_living_connection_is_refused(desk):
    desk.active()
    refusal = refused(desk.begun)

    assert (refusal.code, refusal.status) == ("connections.already", 409)


def test_new_keys_of_the_same_account_keep_everything_else(desk):
    row = desk.active()
    desk.configure.save_settings(ANNA, row.id, {"frequency": "hourly"})
    desk.change(row, lambda state: state.update(key="acme-key-quite-new"))
    desk.connect.submit_keys(ANNA, row.id, {"api_key": "acme-key-quite-new"})
    now = desk.row(row.id)

    assert now.state == "active"
    assert now.settings["frequency"] == "hourly"
    assert now.events == row.events
    assert desk.tokens.kept(row.id) == {"api_key": "acme-key-quite-new"}
    assert now.version == row.version + 1


def test_keys_of_another_account_change_nothing(desk):
    row = desk.active()
    desk.change(row, lambda state: state.update(account="acc-other"))
    before = desk.fingerprint(row.id)
    refusal = refused(desk.connect.submit_keys, ANNA, row.id, desk.sample(row))

    assert (refusal.code, refusal.status) == ("connections.other_account", 409)
    assert desk.fingerprint(row.id) == before


def test_an_account_with_one_webhook_serves_one_agent(desk):
    first = desk.active()
    second = desk.begun(agent=desk.other_agent)
    with desk.store.transaction() as session:
        row = session.get(Connection, second.id)
        row.tenant = first.tenant
        session.add(row)
    refusal = refused(desk.connect.submit_keys, ANNA, second.id, desk.sample(first))

    assert refusal.code == "connections.taken"
    assert refusal.values == {"reason": "Мария"}
    assert desk.row(second.id).state == "draft"


def test_two_sandboxes_are_two_worlds(desk):
    first, second = desk.signed_in(), desk.signed_in(agent=desk.other_agent)

    assert first.tenant != second.tenant
    assert second.state == "authorized"


def test_another_account_in_an_unfinished_set_up_forgets_its_choices(desk):
    row = desk.signed_in()
    desk.configure.save_settings(ANNA, row.id, {"pipeline": "p1"})
    desk.change(row, lambda state: state.update(account="acc-other"))
    desk.connect.submit_keys(ANNA, row.id, desk.sample(row))
    now = desk.row(row.id)

    assert now.account_id == "acc-other"
    assert now.settings == {"currency": "EUR"}
    assert now.configured_at is None


def test_an_abandoned_draft_leaves_room_for_a_new_one(desk):
    row = desk.signed_in()
    desk.connect.abandon(ANNA, row.id)
    again = desk.begun()

    assert again.id != row.id
    assert desk.secrets(f"connection:{row.id}") == []


def test_what_works_is_not_abandoned(desk):
    row = desk.active()

    assert refused(desk.connect.abandon, ANNA, row.id).code == "connections.in_use"


def test_the_journal_names_who_and_no_secret(desk):
    row = desk.active()
    key = desk.world(row)["key"]
    entries = desk.all(AuditEntry)

    assert [e.action for e in entries] == [
        "connection.begun",
        "connection.signed_in",
        "connection.tested",
        "connection.activated",
    ]
    assert {e.actor_name for e in entries} == {"Анна"}
    assert key not in str([e.detail for e in entries])


def test_permission_missing_on_one_stream_is_a_failed_check(desk):
    row = desk.active()
    desk.change(row, lambda state: state["denied"].append("deals"))
    result = desk.checker.test(ANNA, row.id)

    assert not result.ok
    assert [c.name for c in result.checks if not c.ok] == ["stream.deals"]
    assert desk.row(row.id).state == "active"
