"""What the token endpoint may do to a connection: an outage nothing, its own word everything."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dashboard import clock, texts
from dashboard.contracts.errors import AuthExpired, ProviderError, RateLimited, Refusal, Rejected
from dashboard.oauth.apps import STUCK
from dashboard.queries.desk import Queries
from tests.fixtures.links import ANNA
from tests.oauth.conftest import ADMIN, ended, leases_end, left_to_live, signed_in

HTML = "<html><h1>Sorry</h1></html>"
OUTAGES = {
    "500": (500, "", {}),
    "502 in html": (502, HTML, {}),
    "503": (503, "{}", {"retry-after": "1"}),
    "429": (429, "{}", {"retry-after": "1"}),
    "403 of a firewall": (403, HTML, {}),
    "html": (200, HTML, {"content-type": "text/html"}),
    "broken json": (200, '{"access_token": "x', {}),
    "nothing": (200, "", {}),
    "no token": (200, "{}", {}),
    "elsewhere": (302, "", {"location": "http://elsewhere.example/"}),
    "lost": None,
}


def used(live, row):
    return live.opener.with_client(row.id, lambda client: client.get("/me")["id"])


def renewed(live, row):
    """The schedule's renewal, run now."""
    with live.store.transaction() as session:
        session.get_one(live.Connection, row.id).refresh_due_at = clock.now()
    live.renewal.due()
    live.jobs.run("tokens.refresh")


@pytest.mark.parametrize("failure", OUTAGES.values(), ids=OUTAGES)
def test_an_outage_of_the_token_endpoint_ends_nothing(live, linked, vendor, failure):
    ended(live, linked)
    vendor.failures = [failure]
    with pytest.raises(ProviderError) as late:
        live.tokens.fresh(linked)
    live.opener.apply(linked.id, late.value)
    leases_end(live)

    assert not isinstance(late.value, (AuthExpired, Rejected))
    assert live.row(linked.id).state == "active"
    assert used(live, linked) == "acc-1"
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("failure", OUTAGES.values(), ids=OUTAGES)
def test_the_schedule_keeps_an_outage_to_itself_while_the_token_lives(
    live, linked, vendor, failure
):
    vendor.failures = [failure]
    renewed(live, linked)
    now = live.row(linked.id)

    assert (now.state, now.error_code, now.failures) == ("active", "", 0)
    assert clock.now() < now.refresh_due_at < clock.now() + timedelta(minutes=16)
    leases_end(live)
    renewed(live, linked)
    assert live.tokens.kept(linked.id)["access_token"] == vendor.issued[-1]
    assert live.row(linked.id).refresh_due_at > clock.now() + timedelta(minutes=30)


def test_a_name_that_does_not_resolve_ends_nothing(live, linked):
    live.settings.provider_hosts["acme"] = {"api": "http://vendor.invalid/v1", "auth": ""}
    ended(live, linked)
    with pytest.raises(ProviderError) as late:
        used(live, linked)

    assert late.value.word() == "unavailable"
    assert live.row(linked.id).state == "active"


def test_a_vendor_that_asks_for_time_gets_it(live, linked, vendor):
    ended(live, linked)
    vendor.failures = [(429, "{}", {"retry-after": "60"})]
    with pytest.raises(RateLimited) as slow:
        live.tokens.fresh(linked)
    for _ in range(3):
        with pytest.raises(ProviderError):
            live.tokens.fresh(linked)

    assert slow.value.retry_after == 60
    assert vendor.asked == []


@pytest.mark.parametrize("left", [timedelta(minutes=-1), timedelta(minutes=2)])
def test_a_withdrawn_grant_is_seen_at_once_and_not_tried_again(live, linked, vendor, left):
    left_to_live(live, linked, left)
    vendor.withdrawn = True
    for _ in range(3):
        with pytest.raises(AuthExpired):
            used(live, linked)
    now = live.row(linked.id)
    card = Queries(live.store).overview.living(now.agent_id, "acme")

    assert len(vendor.asked) == 1
    assert (now.state, now.error_code) == ("needs_reauth", "auth_expired")
    assert now.error_reason == "Token was used."
    assert (now.next_due_at, now.refresh_due_at) == (None, None)
    assert live.journal().count("connection.auth_lost") == 1
    assert card.state == "needs_reauth"
    signed_in(live, now)
    assert used(live, linked) == "acc-1"


def test_the_schedule_shows_a_withdrawn_grant_before_anybody_meets_it(live, linked, vendor):
    vendor.withdrawn = True
    renewed(live, linked)

    assert live.row(linked.id).state == "needs_reauth"
    assert live.journal().count("connection.auth_lost") == 1
    live.renewal.due()
    assert live.jobs.kinds() == []


def test_a_refused_app_is_the_operators_matter_and_keeps_the_login(live, linked, vendor):
    vendor.client_secret = "replaced-app-secret"
    renewed(live, linked)
    renewed(live, linked)
    now = live.row(linked.id)

    assert (now.state, now.error_code) == ("active", "oauth.app_refused")
    assert used(live, linked) == "acc-1"
    assert live.journal().count("connection.refresh_failed") == 1
    assert vendor.asked == []

    live.apps.save(ADMIN, "acme", "our-app", "replaced-app-secret")
    live.renewal.due()
    live.jobs.run("tokens.refresh")
    after = live.row(linked.id)
    assert (after.state, after.error_code) == ("active", "")
    assert live.tokens.kept(linked.id)["access_token"] == vendor.issued[-1]


@pytest.mark.parametrize("spoil", ["refused", "forgotten"])
def test_without_a_good_app_a_dead_token_degrades_and_comes_back(live, linked, vendor, spoil):
    ended(live, linked)
    if spoil == "forgotten":
        live.apps.forget(ADMIN, "acme")
    vendor.client_secret = "replaced-app-secret"
    with pytest.raises(Rejected) as stuck:
        used(live, linked)
    now = live.row(linked.id)

    assert stuck.value.code in STUCK
    assert (now.state, now.error_code) == ("degraded", stuck.value.code)
    live.apps.save(ADMIN, "acme", "our-app", "replaced-app-secret")
    live.renewal.due()
    live.jobs.run("tokens.refresh")
    assert used(live, linked) == "acc-1"
    live.opener.healthy(linked.id)
    assert (live.row(linked.id).state, live.row(linked.id).error_code) == ("active", "")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("code", sorted({*STUCK, "oauth.refresh_lost"}))
def test_every_such_failure_has_a_sentence(code, language):
    assert len(texts.say(language, code)) > 40


@pytest.fixture
def refreshing(live, linked, vendor):
    """Begins a renewal whose answer the vendor holds back until the event is set."""
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def begin():
            left_to_live(live, linked, timedelta(minutes=2))
            reached = threading.Event()

            def hold():
                vendor.before_answer = lambda: None
                reached.set()
                assert go.wait(30)

            vendor.before_answer = hold
            future = pool.submit(live.tokens.fresh, linked)
            assert reached.wait(30)
            return go, future

        yield begin
        go.set()


def test_a_disconnect_in_mid_refresh_wins_and_the_late_token_is_revoked(
    live, linked, vendor, refreshing
):
    go, future = refreshing()
    live.disconnect.disconnect(ANNA, linked.id)
    go.set()
    with pytest.raises(Refusal) as gone:
        future.result(30)
    now = live.row(linked.id)

    assert gone.value.code == "connections.not_connected"
    assert vendor.revoked == vendor.issued
    assert len(vendor.issued) == 2
    assert (now.state, now.refresh_due_at, now.token_expires_at) == ("disconnected", None, None)
    assert live.secrets(f"connection:{linked.id}") == []
    assert live.journal().count("connection.late_token") == 1


def test_a_late_token_is_not_revoked_under_another_connection_to_the_account(
    live, linked, vendor, refreshing
):
    go, future = refreshing()
    live.disconnect.disconnect(ANNA, linked.id)
    again = live.begun(method="oauth", environment="live")
    signed_in(live, again)
    go.set()
    with pytest.raises(Refusal):
        future.result(30)

    assert vendor.revoked == vendor.issued[:1]
    assert live.tokens.kept(again.id)["access_token"] in vendor.access


def test_a_new_login_in_mid_refresh_is_not_overwritten(live, linked, vendor, refreshing):
    go, future = refreshing()
    signed_in(live, linked)
    newest = live.tokens.kept(linked.id)
    go.set()

    assert future.result(30) == newest
    assert live.tokens.kept(linked.id) == newest
    assert vendor.revoked == []
    assert live.row(linked.id).state == "active"


def test_a_grant_that_dies_under_a_new_login_does_not_end_it(live, linked, vendor, refreshing):
    vendor.withdrawn = True
    go, future = refreshing()
    signed_in(live, linked)
    live.opener.apply(linked.id, AuthExpired(), version=linked.version)
    go.set()

    assert future.result(30) == live.tokens.kept(linked.id)
    assert live.row(linked.id).state == "active"


@pytest.mark.parametrize("skew", [-600, 600])
def test_a_vendor_whose_clock_differs_changes_nothing(live, linked, vendor, skew):
    vendor.skew_seconds = skew
    ended(live, linked)
    kept = live.tokens.fresh(linked)
    left = live.row(linked.id).token_expires_at - clock.now()

    assert timedelta(minutes=59) < left <= timedelta(minutes=60)
    assert kept["access_token"] == vendor.issued[-1]
    assert live.tokens.fresh(linked) == kept
    assert len(vendor.asked) == 1
