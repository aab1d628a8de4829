"""The trip to the consent page and back: once, in time, in the same browser."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.contracts.errors import Refusal, Rejected
from dashboard.contracts.people import Actor, Role
from dashboard.store.connections import OAuthFlow, Secret
from tests.fixtures.links import ANNA, BROWSER

ADMIN = Actor(kind="staff", id="stf_0", name="Админ", role=Role.ADMIN)


@pytest.fixture
def away(desk):
    """A draft whose owner is at the consent page."""
    row = desk.begun(method="oauth")
    return row, desk.connect.authorize(ANNA, row.id, {"region": "eu"}, owner=BROWSER)


def query(flow):
    return {k: v[0] for k, v in parse_qs(urlsplit(flow.authorization_url).query).items()}


def refused(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


def test_the_consent_page_gets_the_standard_parameters_and_the_vendors_own(desk, away):
    row, flow = away
    asked = query(flow)

    assert flow.authorization_url.startswith(
        f"https://desk.example/sandbox/acme/{row.tenant}/auth/authorize?"
    )
    assert asked.pop("client_id") == desk.apps.of(row).client_id
    assert len(asked.pop("state")) >= 43
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "redirect_uri": "https://desk.example/oauth/callback",
        "response_type": "code",
        "scope": "deals people notes",
        "code_challenge_method": "S256",
        "prompt": "consent",
    }


def test_neither_state_nor_verifier_is_kept_readably(desk, away):
    _, flow = away
    kept = f"{[f.state_hash for f in desk.all(OAuthFlow)]} {desk.all(Secret)}"

    assert query(flow)["state"] not in kept
    assert "verifier" in desk.secrets(f"flow:{flow.id}")


def test_coming_back_proves_the_account(desk, away):
    row, flow = away
    ended = desk.connect.finish_flow(desk.consent(row, flow), BROWSER)
    now = desk.row(row.id)

    assert (ended.status, ended.error_code) == ("done", "")
    assert now.state == "authorized"
    assert now.account_id == desk.world(row)["account"]
    assert now.granted_scopes == ["deals", "people", "notes"]
    assert now.token_expires_at is not None
    assert desk.secrets(f"flow:{flow.id}") == []
    assert set(desk.tokens.kept(row.id)) == {
        "access_token",
        "refresh_token",
        "expires_at",
        "lifetime",
        "scope",
    }


def test_a_state_works_once(desk, away):
    row, flow = away
    came = desk.consent(row, flow)
    desk.connect.finish_flow(came, BROWSER)
    before = desk.fingerprint(row.id)

    assert refused(desk.connect.finish_flow, came, BROWSER) == "oauth.unknown_state"
    assert desk.fingerprint(row.id) == before


@pytest.mark.parametrize("state", ["", "made-up"])
def test_an_unknown_state_is_refused(desk, away, state):
    came = desk.consent(*away) | {"state": state}

    assert refused(desk.connect.finish_flow, came, BROWSER) == "oauth.unknown_state"


def test_another_browser_cannot_finish_and_does_not_spoil_it(desk, away):
    came = desk.consent(*away)

    assert refused(desk.connect.finish_flow, came, "another-browser") == "oauth.other_browser"
    assert desk.connect.finish_flow(came, BROWSER).status == "done"


def test_a_flow_begun_by_a_program_is_finished_by_whoever_holds_its_link(desk):
    row = desk.begun(method="oauth")

    assert desk.by_oauth(row, owner="token:tok_1").status == "done"


def test_after_ten_minutes_the_flow_is_over(desk, away, pass_time):
    row, flow = away
    came = desk.consent(row, flow)
    pass_time(timedelta(minutes=10, seconds=1))

    assert refused(desk.connect.finish_flow, came, BROWSER) == "oauth.expired"
    desk.signin.sweep()
    assert desk.connect.flow(ANNA, flow.id).error_code == "oauth.expired"
    assert desk.row(row.id).state == "draft"
    assert desk.by_oauth(row).status == "done"


def test_a_week_later_nothing_is_left_of_a_flow_that_has_ended(desk, away, pass_time):
    row, first = away
    second = desk.connect.authorize(ANNA, row.id, {"region": "eu"}, owner=BROWSER)
    pass_time(timedelta(minutes=11))
    desk.signin.sweep()
    kept = {flow.id for flow in desk.all(OAuthFlow)}
    pass_time(timedelta(days=7))
    latest = desk.connect.authorize(ANNA, row.id, {"region": "eu"}, owner=BROWSER)
    desk.signin.sweep()

    assert kept == {first.id, second.id}
    assert [flow.id for flow in desk.all(OAuthFlow)] == [latest.id]
    flows_secrets = {s.owner for s in desk.all(Secret) if s.owner.startswith("flow:")}
    assert flows_secrets == {f"flow:{latest.id}"}


def test_refusing_consent_is_said_and_can_be_repeated(desk, away):
    row, flow = away
    ended = desk.connect.finish_flow(desk.consent(row, flow, decision="deny"), BROWSER)

    assert (ended.status, ended.error_code) == ("refused", "oauth.denied")
    assert desk.row(row.id).state == "draft"
    assert desk.by_oauth(row).status == "done"


@pytest.mark.parametrize(
    ("came", "code"),
    [
        ({"error": "server_error", "error_description": "Try later"}, "oauth.vendor_error"),
        ({"code": ""}, "oauth.no_code"),
        ({"code": "made-up"}, "auth_expired"),
        ({"where": "us"}, "oauth.other_address"),
        ({"where": "evil.example"}, "region_unknown"),
    ],
)
def test_whatever_comes_back_wrong_ends_the_flow_and_keeps_nothing(desk, away, came, code):
    row, flow = away
    ended = desk.connect.finish_flow({**desk.consent(row, flow), **came}, BROWSER)

    assert (ended.status, ended.error_code) == ("failed", code)
    assert "credentials" not in desk.secrets(f"connection:{row.id}")
    assert desk.row(row.id).state == "draft"


def test_an_earlier_window_ends_when_a_newer_one_opens(desk, away):
    row, first = away
    came = desk.consent(row, first)
    desk.connect.authorize(ANNA, row.id, {"region": "eu"}, owner=BROWSER)

    assert refused(desk.connect.finish_flow, came, BROWSER) == "oauth.unknown_state"
    assert desk.connect.flow(ANNA, first.id).error_code == "oauth.superseded"


def test_an_unticked_scope_names_what_will_not_work(desk):
    row = desk.signed_in(method="oauth", deny=("people", "notes"))
    result = desk.connect.activate(ANNA, row.id)
    failed = {check.name for check in result.checks if not check.ok}

    assert row.granted_scopes == ["deals"]
    assert failed == {"scopes", "stream.contacts", "action.add_note"}
    assert {check.name for check in result.blocking} == {"stream.contacts"}
    assert desk.row(row.id).state == "authorized"

    desk.configure.save_settings(ANNA, row.id, {"sync_contacts": False})
    desk.connect.activate(ANNA, row.id)
    assert desk.row(row.id).state == "active"


def test_a_new_login_keeps_everything_and_old_tokens_stay_until_then(desk):
    row = desk.active(method="oauth")
    desk.configure.save_settings(ANNA, row.id, {"frequency": "hourly"})
    before = desk.tokens.kept(row.id)
    flow = desk.connect.authorize(ANNA, row.id, {}, owner=BROWSER)

    assert desk.row(row.id).state == "active"
    assert desk.tokens.kept(row.id) == before

    desk.connect.finish_flow(desk.consent(row, flow), BROWSER)
    now = desk.row(row.id)
    assert now.state == "active"
    assert now.settings["frequency"] == "hourly"
    assert desk.tokens.kept(row.id)["access_token"] != before["access_token"]


def test_a_new_login_to_another_account_changes_nothing(desk):
    row = desk.active(method="oauth")
    desk.change(row, lambda state: state.update(account="acc-other"))
    before = desk.fingerprint(row.id)
    flow = desk.by_oauth(row)

    assert (flow.status, flow.error_code) == ("failed", "connections.other_account_in_flow")
    assert flow.error_reason == row.account_name
    assert desk.fingerprint(row.id) == before


def test_a_dead_connection_is_brought_back_on_the_same_row(desk):
    row = desk.active(method="oauth")
    desk.fault(row, "revoke")
    desk.checker.test(ANNA, row.id)
    assert desk.row(row.id).state == "needs_reauth"

    again = desk.begun(method="oauth")
    assert again.id == row.id
    desk.by_oauth(again)

    now = desk.row(row.id)
    assert (now.state, now.error_code) == ("active", "")
    assert now.events == row.events
    assert now.next_due_at is not None
    assert "hooks.subscribe" in desk.jobs.kinds()


def test_live_sign_in_needs_an_app(desk):
    row = desk.begun(method="oauth", environment="live")

    with pytest.raises(Refusal) as caught:
        desk.connect.authorize(ANNA, row.id, {"region": "eu"}, owner=BROWSER)
    assert caught.value.code == "oauth.no_app"

    desk.apps.save(ADMIN, "acme", "our-client", "our-secret")
    flow = desk.connect.authorize(ANNA, row.id, {"region": "eu"}, owner=BROWSER)
    assert flow.authorization_url.startswith("https://login.acme.example/authorize?")
    assert "our-secret" not in flow.authorization_url


def test_an_app_without_a_new_secret_keeps_the_old_one(desk):
    desk.apps.save(ADMIN, "acme", "one", "secret-one")
    desk.apps.save(ADMIN, "acme", "two", "")
    row = desk.begun(method="oauth", environment="live")
    app = desk.apps.of(row)

    assert (app.client_id, app.client_secret) == ("two", "secret-one")


@pytest.mark.parametrize(
    ("given", "field"), [(("", "s"), "client_id"), (("c", ""), "client_secret")]
)
def test_half_an_app_is_refused(desk, given, field):
    with pytest.raises(Refusal) as caught:
        desk.apps.save(ADMIN, "acme", *given)

    assert caught.value.field == field


def test_a_wrong_address_is_said_before_leaving(desk):
    row = desk.begun(method="oauth")

    with pytest.raises(Rejected) as caught:
        desk.connect.authorize(ANNA, row.id, {"region": "xx"}, owner=BROWSER)
    assert caught.value.field == "region"
    assert desk.all(OAuthFlow) == []
