"""Tokens stay fresh: one vendor call for all callers, and no failure kills what still works."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dashboard.contracts.errors import AuthExpired, Refusal, Unavailable
from dashboard.oauth.turns import Grip
from tests.fixtures.links import ANNA, HandJobs, wired

NEARLY_AN_HOUR = timedelta(minutes=56)
OVER_AN_HOUR = timedelta(minutes=61)


@pytest.fixture
def row(desk):
    return desk.active(method="oauth")


def refreshes(desk, row):
    return desk.world(row)["oauth"]["refreshes"]


def test_a_fresh_token_is_left_alone(desk, row):
    desk.tokens.fresh(row)

    assert refreshes(desk, row) == 0


def test_a_token_is_replaced_ahead_of_its_end(desk, row, pass_time):
    before = desk.tokens.kept(row.id)
    pass_time(NEARLY_AN_HOUR)
    after = desk.tokens.fresh(row)

    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert desk.tokens.kept(row.id) == after
    assert desk.row(row.id).version == row.version + 1
    assert desk.row(row.id).token_expires_at > row.token_expires_at


@pytest.mark.parametrize("later", [NEARLY_AN_HOUR, OVER_AN_HOUR])
def test_a_hundred_callers_in_two_processes_make_one_vendor_call(desk, row, pass_time, later):
    other = wired(desk.settings, desk.store, HandJobs(), desk.vault)
    pass_time(later)
    with ThreadPoolExecutor(16) as pool:
        tokens = [desk.tokens, other.tokens] * 50
        got = list(pool.map(lambda one: one.fresh(row)["access_token"], tokens))

    assert refreshes(desk, row) == 1
    assert desk.tokens.kept(row.id)["access_token"] in got
    assert len(set(got)) <= (2 if later is NEARLY_AN_HOUR else 1)


def test_a_refused_token_is_replaced_once_and_the_work_is_done_again(desk, row):
    desk.fault(row, "expire_token")
    calls = []

    def work(client):
        calls.append(client.access.credentials["access_token"])
        return client.get("/me")["id"]

    assert desk.opener.with_client(row.id, work) == row.account_id
    assert len(set(calls)) == 2
    assert refreshes(desk, row) == 1
    assert desk.row(row.id).state == "active"


def test_an_outage_of_the_token_endpoint_spares_a_living_token(desk, row, pass_time):
    before = desk.tokens.kept(row.id)
    pass_time(NEARLY_AN_HOUR)
    desk.fault(row, "outage")

    assert desk.tokens.fresh(row) == before
    assert desk.row(row.id).state == "active"

    pass_time(timedelta(minutes=10))
    desk.end_pause(row)
    assert desk.tokens.fresh(row) != before


def test_an_outage_with_a_dead_token_is_waited_out_without_hammering(desk, row, pass_time):
    pass_time(OVER_AN_HOUR)
    desk.fault(row, "outage")
    for _ in range(5):
        with pytest.raises(Unavailable):
            desk.tokens.fresh(row)

    pass_time(timedelta(minutes=1))
    desk.end_pause(row)
    assert desk.tokens.fresh(row)["access_token"]
    assert refreshes(desk, row) == 1


def test_a_withdrawn_grant_needs_a_new_login_at_once(desk, row, pass_time):
    pass_time(NEARLY_AN_HOUR)
    desk.fault(row, "revoke")
    with pytest.raises(AuthExpired) as caught:
        desk.opener.with_client(row.id, lambda client: client.get("/me"))
    desk.opener.apply(row.id, caught.value)
    now = desk.row(row.id)

    assert now.state == "needs_reauth"
    assert now.next_due_at is None
    assert desk.journal().count("connection.auth_lost") == 1


def test_a_dead_grant_is_not_tried_again_by_work(desk, row):
    desk.opener.apply(row.id, AuthExpired(reason="revoked"))
    desk.opener.apply(row.id, AuthExpired(reason="revoked"))
    with pytest.raises(AuthExpired):
        desk.opener.with_client(row.id, lambda client: client.get("/me"))

    assert refreshes(desk, row) == 0
    assert desk.journal().count("connection.auth_lost") == 1


def test_the_old_refresh_token_stays_when_no_new_one_comes(desk, row):
    kept = desk.tokens.kept(row.id)
    from dashboard.oauth import endpoint

    again = endpoint._tokens({"access_token": "new", "expires_in": "3600"}, kept)

    assert again["refresh_token"] == kept["refresh_token"]
    assert again["scope"] == kept["scope"]


def test_a_disconnect_in_mid_refresh_wins(desk, row, pass_time):
    pass_time(OVER_AN_HOUR)
    desk.disconnect.disconnect(ANNA, row.id)

    with pytest.raises(Refusal) as caught:
        desk.tokens.fresh(row)
    assert caught.value.code == "connections.not_connected"
    assert desk.secrets(f"connection:{row.id}") == []


def test_tokens_of_before_a_new_login_are_not_saved_over_it(desk, row):
    old = desk.row(row.id)
    desk.by_oauth(row)
    newest = desk.tokens.kept(row.id)
    late = {**newest, "access_token": "late", "expires_at": ""}

    assert desk.tokens._save(old, Grip("refresh:none", "nobody", cut_off=False), late) == newest
    assert desk.tokens.kept(row.id) == newest


def test_sealed_tokens_are_not_in_the_row(desk, row):
    kept = desk.tokens.kept(row.id)
    shown = json.dumps(desk.row(row.id).model_dump(), default=str)

    assert kept["access_token"] not in shown
    assert kept["refresh_token"] not in shown
