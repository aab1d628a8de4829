"""Whose account it is, when its token ends, and what may be chosen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.contracts.errors import AuthExpired, Rejected
from dashboard.kit import moments
from providers.kommo import client as kommo


def test_a_long_lived_token_says_when_it_ends(account):
    left = kommo.identify(account.client).expires_at - moments.now()

    assert timedelta(days=364) < left < timedelta(days=366)


def test_an_access_token_renews_itself_so_it_has_no_end(by_oauth):
    found = kommo.identify(by_oauth.client)

    assert found.expires_at is None
    assert found.settings == {
        "currency": "RUB",
        "country": "RU",
        "account_time_zone": "Europe/Moscow",
    }


@pytest.mark.parametrize("text", ["", "plain", "a.b.c", "a.W10.c", "a.bnVsbA.c"])
def test_a_token_of_another_shape_has_no_claims(text):
    assert kommo.claims(text) == {}


def test_pipelines_are_read_once_for_all_deals(account):
    account.records("deals")
    asked = [r.url.path for r in account.network.requests]

    assert sum(path.endswith("/leads/pipelines") for path in asked) == 1


def test_an_archived_pipeline_is_not_offered(account):
    account.change(lambda state: state["pipelines"][1].update(is_archive=True))

    offered = kommo.choices(account.client, "pipelines")
    assert [choice.label for choice in offered] == ["Продажи"]


def test_a_chosen_owner_who_left_fails_the_check(account):
    chosen = {**account.client.settings, "default_owner": "500002", "default_pipeline": "7100"}
    client = kommo.connect(replace(account.client.access, settings=chosen))
    account.change(lambda state: state["users"].pop(1))

    assert [(c.name, c.ok) for c in kommo.checks(client)] == [
        ("setting.default_pipeline", True),
        ("setting.default_owner", False),
    ]


def test_only_a_person_can_withdraw_access(account):
    done = kommo.revoke(account.client)

    assert not done.revoked
    assert done.why_not == "revoke_by_hand"
    assert done.manual_url.endswith("/settings/widgets/")


def test_the_old_refresh_token_works_until_the_new_pair_is_used(by_oauth):
    first = by_oauth.client.access.credentials["refresh_token"]
    app = by_oauth.sandbox.credentials(by_oauth.state(), "oauth")
    body = {
        "grant_type": "refresh_token",
        "refresh_token": first,
        "redirect_uri": "http://desk.test/oauth/callback",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    by_oauth.client.post("/oauth2/access_token", body)
    second = by_oauth.client.post("/oauth2/access_token", body)
    renewed = {**by_oauth.client.access.credentials, "access_token": second["access_token"]}
    client = kommo.connect(replace(by_oauth.client.access, credentials=renewed))

    assert kommo.identify(client).id
    with pytest.raises(Rejected):
        client.post("/oauth2/access_token", body)


def test_an_expired_long_lived_token_needs_a_new_login(account):
    account.change(lambda state: account.sandbox.fault(state, "expire_token"))

    with pytest.raises(AuthExpired):
        kommo.identify(account.client)
    fresh = account.sandbox.credentials(account.state(), "token")
    client = kommo.connect(replace(account.client.access, credentials=fresh))
    assert kommo.identify(client).id == account.client.access.account_id
