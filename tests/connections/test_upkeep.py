"""Connections in use: failures move them, webhooks are kept, ends are honest."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard import clock
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    RateLimited,
    Refusal,
    Rejected,
    Unavailable,
)
from dashboard.jobs import Again
from dashboard.store import connections
from dashboard.store.audit import AuditEntry
from tests.fixtures.links import ANNA


def test_three_unanswered_calls_degrade_and_one_answer_heals(desk):
    row = desk.active()
    states = []
    for _ in range(4):
        desk.opener.apply(row.id, Unavailable())
        states.append(desk.row(row.id).state)
    desk.opener.healthy(row.id)
    now = desk.row(row.id)

    assert states == ["active", "active", "degraded", "degraded"]
    assert (now.state, now.failures, now.error_code) == ("active", 0, "")
    assert desk.journal()[-2:] == ["connection.degraded", "connection.recovered"]


@pytest.mark.parametrize("error", [PermissionMissing(), Rejected(), RateLimited(retry_after=1)])
def test_other_failures_leave_the_connection_alone(desk, error):
    row = desk.active()
    desk.opener.apply(row.id, error)

    assert desk.row(row.id).state == "active"
    assert desk.row(row.id).error_code == ""


def test_a_vendors_own_limit_holds_back_every_caller(desk):
    row = desk.active()
    desk.opener.apply(row.id, RateLimited(retry_after=60))

    with pytest.raises(RateLimited) as caught:
        desk.opener.with_client(row.id, lambda client: client.get("/me"))
    assert 50 < caught.value.retry_after <= 60


def test_a_failure_of_replaced_credentials_changes_nothing(desk):
    row = desk.active()
    desk.connect.submit_keys(ANNA, row.id, desk.sample(row))
    desk.opener.apply(row.id, AuthExpired(), version=row.version)

    assert desk.row(row.id).state == "active"


def test_keys_replaced_during_the_work_are_not_blamed(desk):
    row = desk.active()

    def work(client):
        desk.change(row, lambda state: state.update(key="acme-key-quite-new"))
        desk.connect.submit_keys(ANNA, row.id, {"api_key": "acme-key-quite-new"})
        return client.get("/me")

    with pytest.raises(Unavailable):
        desk.opener.with_client(row.id, work)
    assert desk.row(row.id).state == "active"


@pytest.mark.parametrize("method", ["keys", "oauth"])
def test_a_login_that_is_refused_in_the_work_is_lost_at_once(desk, method):
    row = desk.active(method=method)

    def refused(_client):
        raise AuthExpired

    with pytest.raises(AuthExpired):
        desk.opener.with_client(row.id, refused)

    assert desk.row(row.id).state == "needs_reauth"
    assert desk.journal()[-1] == "connection.auth_lost"


def test_dead_keys_need_new_ones_and_the_test_says_so(desk):
    row = desk.active()
    desk.fault(row, "revoke")
    result = desk.checker.test(ANNA, row.id)

    assert (result.ok, result.account) == (False, None)
    assert [check.name for check in result.checks] == ["account"]
    assert desk.row(row.id).state == "needs_reauth"

    desk.connect.submit_keys(ANNA, row.id, desk.sample(row))
    assert desk.checker.test(ANNA, row.id).ok
    assert desk.row(row.id).state == "active"


def test_keys_that_work_again_heal_by_a_test(desk):
    row = desk.active()
    desk.opener.apply(row.id, AuthExpired())
    desk.checker.test(ANNA, row.id)

    assert desk.row(row.id).state == "active"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda state: state.update(pipelines=[]), "setting.pipeline"),
        (lambda state: state.update(may_write=False), "own_right"),
        (lambda state: state.update(hook=None), "webhook"),
        (lambda state: state.update(account="acc-other"), "account"),
    ],
)
def test_a_test_notices_what_has_gone_wrong_since(desk, change, name):
    row = desk.active()
    desk.configure.save_settings(ANNA, row.id, {"pipeline": "p1"})
    desk.configure.save_events(ANNA, row.id, ["deal.created"])
    desk.jobs.run("hooks.subscribe")
    assert desk.checker.test(ANNA, row.id).ok

    desk.change(row, change)
    result = desk.checker.test(ANNA, row.id)

    assert [check.name for check in result.checks if not check.ok] == [name]
    assert [c["name"] for c in desk.row(row.id).checks if not c["ok"]] == [name]


def test_a_test_reads_only_first_pages(desk):
    row = desk.active()
    deals = next(c for c in desk.checker.test(ANNA, row.id).checks if c.name == "stream.deals")

    assert deals.detail == "3"


# --- webhooks -----------------------------------------------------------------------------


@pytest.fixture
def hooked(desk):
    row = desk.signed_in()
    desk.connect.activate(ANNA, row.id)
    desk.jobs.run("hooks.subscribe")
    return desk.row(row.id)


def test_subscribing_registers_our_address_and_secret(desk, hooked):
    hook = desk.world(hooked)["hook"]
    with desk.store.transaction() as session:
        secret = desk.vault.open(session, f"connection:{hooked.id}", "hook_secret")

    assert hook["url"] == desk.configure.hook_url(hooked)
    assert hook["secret"] == secret
    assert hooked.subscription == {"id": "h1", "details": {}}
    assert secret not in json.dumps(hooked.model_dump(), default=str)


def test_no_events_means_no_registration(desk, hooked):
    desk.configure.save_events(ANNA, hooked.id, [])
    desk.jobs.run("hooks.subscribe")

    assert desk.world(hooked)["hook"] is None
    assert desk.row(hooked.id).subscription is None


def test_an_outage_puts_the_registration_off(desk, hooked):
    desk.configure.save_events(ANNA, hooked.id, ["deal.changed"])
    desk.fault(hooked, "outage")
    with pytest.raises(Again):
        desk.jobs.run("hooks.subscribe")
    desk.change(hooked, lambda state: state["faults"].clear())
    desk.hooks.subscribe(desk.job("hooks.subscribe", hooked))

    assert desk.world(hooked)["hook"]["events"] == ["deal_edited"]


def test_a_disconnected_link_is_not_registered(desk, hooked):
    desk.configure.save_events(ANNA, hooked.id, ["deal.changed"])
    desk.disconnect.disconnect(ANNA, hooked.id)
    desk.jobs.run("hooks.subscribe")

    assert desk.world(hooked)["hook"] is None


def test_registrations_that_end_soon_are_renewed_once(desk, hooked):
    with desk.store.transaction() as session:
        row = session.merge(hooked)
        row.hook_due_at = clock.now()
    desk.hooks.renew_due()
    desk.hooks.renew_due()

    assert desk.jobs.kinds().count("hooks.renew") == 1


# --- the end ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["keys", "oauth"])
def test_disconnecting_takes_access_back_at_the_vendor(desk, method):
    row = desk.active(method=method)
    desk.configure.save_events(ANNA, row.id, ["deal.created"])
    desk.jobs.run("hooks.subscribe")
    report = desk.disconnect.disconnect(ANNA, row.id)
    now = desk.row(row.id)

    assert (report.revoked, report.unsubscribed, report.why_not) == (True, True, "")
    assert report.kept == {"records": 0, "events": 0, "runs": 0}
    assert (now.state, now.next_due_at, now.subscription) == ("disconnected", None, None)
    assert now.hook_hash == row.hook_hash
    assert desk.secrets(f"connection:{row.id}") == []
    assert desk.world(row)["hook"] is None


@pytest.mark.parametrize(
    ("fault", "why"), [("outage", "unavailable"), ("revoke", "connections.dead_already")]
)
def test_a_vendor_that_does_not_help_stops_nothing_here(desk, fault, why):
    row = desk.active()
    desk.fault(row, fault)
    report = desk.disconnect.disconnect(ANNA, row.id)

    assert (report.revoked, report.why_not) == (False, why)
    assert desk.row(row.id).state == "disconnected"
    assert desk.secrets(f"connection:{row.id}") == []
    assert desk.all(AuditEntry)[-1].detail["why_not"] == why


def test_a_hook_that_could_not_be_taken_back_is_reported(desk, hooked):
    desk.fault(hooked, "outage")

    assert desk.disconnect.disconnect(ANNA, hooked.id).unsubscribed is False


def test_disconnecting_twice_is_refused_and_connecting_anew_is_not(desk):
    row = desk.active()
    desk.disconnect.disconnect(ANNA, row.id)
    with pytest.raises(Refusal):
        desk.disconnect.disconnect(ANNA, row.id)

    assert desk.active().id != row.id


def test_a_failure_heard_of_too_late_does_not_bring_a_link_back(desk):
    row = desk.active()
    late = threading.Thread(target=desk.opener.apply, args=(row.id, AuthExpired()))
    with desk.store.transaction() as session:
        held = connections.locked(session, row.id)
        held.state = "disconnected"
        session.add(held)
        session.flush()
        late.start()
        late.join(0.5)
    late.join()

    assert desk.row(row.id).state == "disconnected"


def test_two_clicks_at_once_make_one_draft(desk):
    with ThreadPoolExecutor(8) as pool:
        clicks = [pool.submit(desk.begun) for _ in range(8)]
        refused = [c.exception() for c in clicks if c.exception()]

    assert len(desk.all(desk.Connection)) == 1
    assert {error.code for error in refused} <= {"connections.already"}


def test_a_draft_is_disconnected_without_asking_anybody(desk):
    row = desk.begun()

    assert desk.disconnect.disconnect(ANNA, row.id).why_not == "connections.never_signed_in"
