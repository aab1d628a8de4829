"""Connecting over the API: what is refused, how, and that nothing is left behind."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.contracts.people import Role
from tests.api.people import consents
from tests.app.desks import program
from tests.fixtures.links import PROVIDERS
from tests.visitors import visiting

TOKEN = {"environment": "sandbox", "method": "token"}
LIVE = {"method": "token"}
SETTINGS = {"frequency": "hourly"}


@pytest.fixture
def crm(agent):
    return f"/api/agents/{agent}/integrations/kommo"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({**TOKEN, "credentials": {"token": "wrong"}}, 409, "wrong_key", ""),
        ({**TOKEN, "credentials": {"token": ""}}, 422, "connections.field_required", "token"),
        ({**TOKEN, "credentials": {"nope": "x"}}, 422, "connections.field_unknown", "nope"),
        (
            {**TOKEN, "credentials": {"subdomain": "a b/c!"}},
            422,
            "subdomain_without_brand",
            "subdomain",
        ),
        ({**TOKEN, "method": "magic"}, 422, "api.method_unknown", "method"),
        ({**TOKEN, "settings": {"nope": 1}}, 422, "connections.setting_unknown", "nope"),
        (
            {**TOKEN, "settings": {"default_pipeline": "nope"}},
            422,
            "connections.not_an_option",
            "default_pipeline",
        ),
        (LIVE, 422, "connections.field_required", "subdomain"),
        (
            {**LIVE, "credentials": {"subdomain": "x.kommo.com"}},
            422,
            "connections.field_required",
            "token",
        ),
        (
            {**LIVE, "credentials": {"subdomain": "127.0.0.1/?", "token": "abc"}},
            422,
            "subdomain_foreign",
            "subdomain",
        ),
        ({**LIVE, "environment": "moon"}, 422, "api.invalid", "environment"),
        ({**TOKEN, "colour": "red"}, 422, "api.invalid", "colour"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(
    *, api, desk, agent, crm, body, status, code, field
):
    refused = api.post(f"{crm}/connect", json={"settings": SETTINGS, **body})
    told = refused.json()

    assert (refused.status_code, told["code"], told.get("field", "")) == (status, code, field)
    assert told["detail"]
    assert desk.queries.overview.living(agent, "kommo") is None
    made = api.post(f"{crm}/connect", json={**TOKEN, "settings": SETTINGS})
    assert (made.status_code, made.json()["config"]["frequency"]) == (201, "hourly")
    assert made.json()["events"]


def test_keys_refused_without_a_word_of_the_providers_own_are_not_called_expired(api, agent):
    keys = {"region": "eu", "api_key": "wrong"}
    body = {"environment": "sandbox", "credentials": keys}
    with visiting(PROVIDERS):
        refused = api.post(f"/api/agents/{agent}/integrations/acme/connect", json=body)

    told = refused.json()
    assert (told["code"], told["field"]) == ("api.credentials_refused", "credentials")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/agents/agt_none/integrations/kommo/connect", 404, "agents.unknown"),
        ("/api/agents/{agent}/integrations/nope/connect", 404, "api.integration_unknown"),
    ],
)
def test_what_does_not_exist_is_not_connected(api, agent, path, status, code):
    refused = api.post(path.format(agent=agent), json=TOKEN)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"method":', 400, "api.invalid"),
        (b'{"method": "' + b"x" * 6_000_000 + b'"}', 413, "api.too_large"),
    ],
)
def test_a_body_that_cannot_be_read_connects_nothing(
    *, api, desk, agent, crm, content, status, code
):
    headers = {"content-type": "application/json"}

    refused = api.post(f"{crm}/connect", content=content, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert desk.queries.overview.living(agent, "kommo") is None
    assert api.post(f"{crm}/connect", json=TOKEN).status_code == 201


def test_a_second_connection_is_refused_and_the_first_stays(api, crm):
    first = api.post(f"{crm}/connect", json=TOKEN).json()
    again = api.post(f"{crm}/connect", json=TOKEN)

    assert (again.status_code, again.json()["code"]) == (409, "connections.already")
    assert api.get(crm).json()["id"] == first["id"]
    assert api.post(f"{crm}/test").json()["ok"] is True


def test_the_same_key_and_body_give_the_same_connection(api, crm):
    headers = {"idempotency-key": "k"}

    first = api.post(f"{crm}/connect", json=TOKEN, headers=headers)
    again = api.post(f"{crm}/connect", json=TOKEN, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]


def test_the_same_key_with_another_body_is_refused(api, crm):
    headers = {"idempotency-key": "k"}
    api.post(f"{crm}/connect", json=TOKEN, headers=headers)

    other = api.post(f"{crm}/connect", json={**TOKEN, "settings": SETTINGS}, headers=headers)

    assert (other.status_code, other.json()["code"]) == (409, "actions.key_reused")
    assert api.get(crm).json()["config"].get("frequency") != "hourly"


def test_the_key_of_another_token_or_of_another_time_means_nothing(api, desk, crm):
    headers = {"idempotency-key": "k"}
    first = api.post(f"{crm}/connect", json=TOKEN, headers=headers).json()

    stranger = program(desk, Role.ADMIN).post(f"{crm}/connect", json=TOKEN, headers=headers)
    api.delete(crm)
    anew = api.post(f"{crm}/connect", json=TOKEN, headers=headers)

    assert (stranger.status_code, stranger.json()["code"]) == (409, "connections.already")
    assert anew.status_code == 201
    assert anew.json()["id"] != first["id"]


def test_a_key_whose_request_failed_may_be_used_again(api, crm):
    headers = {"idempotency-key": "k"}
    wrong = {**TOKEN, "credentials": {"token": "wrong"}}
    refused = api.post(f"{crm}/connect", json=wrong, headers=headers)

    assert refused.status_code == 409
    assert api.post(f"{crm}/connect", json=TOKEN, headers=headers).status_code == 201


def test_a_repeat_of_a_sign_in_gives_the_same_page_to_open(api, desk, agent):
    path = f"/api/agents/{agent}/integrations/google_calendar"
    body, headers = {"environment": "sandbox"}, {"idempotency-key": "k"}
    first = api.post(f"{path}/connect", json=body, headers=headers)
    again = api.post(f"{path}/connect", json=body, headers=headers)
    consents(desk, again.json()["authorization_url"])
    after = api.post(f"{path}/connect", json=body, headers=headers)

    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert (after.status_code, after.json()["state"]) == (201, "active")


@pytest.mark.parametrize("keys", [("k", "k"), ("", "")])
def test_two_requests_at_once_make_one_connection(api, crm, keys):
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(connected, api, crm, key, TOKEN) for key in keys]
        answers = [one.result(60) for one in sent]
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]

    assert {answer.json()["id"] for answer in made} == {api.get(crm).json()["id"]}
    assert refused == ([] if keys[0] else ["connections.already"])
    assert api.get(crm).json()["state"] == "active"


def test_a_wrong_request_beside_a_right_one_takes_nothing_away(api, crm):
    wrong = {**TOKEN, "credentials": {"token": "wrong"}}
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(connected, api, crm, "", body) for body in (wrong, TOKEN) * 2]
        codes = sorted(one.result(60).status_code for one in sent)

    assert codes == [201, 409, 409, 409]
    assert api.get(crm).json()["state"] == "active"


def connected(api, path, key, body):
    headers = {"idempotency-key": key} if key else {}
    return api.post(f"{path}/connect", json=body, headers=headers)


def test_settings_given_before_a_sign_in_are_applied_when_it_ends(api, desk, agent):
    path = f"/api/agents/{agent}/integrations/google_calendar"
    settings = {"time_zone": "Asia/Omsk", "calendar_id": calendar(api, desk, path)}
    begun = api.post(f"{path}/connect", json={"environment": "sandbox", "settings": settings})

    consents(desk, begun.json()["authorization_url"])

    assert begun.status_code == 202
    told = api.get(path).json()
    assert told["state"] == "active"
    assert told["config"].items() >= settings.items()
    assert told["events"]


def calendar(api, desk, path):
    """The id of a calendar in the sandbox, read by a connection that ends at once."""
    begun = api.post(f"{path}/connect", json={"environment": "sandbox"}).json()
    consents(desk, begun["authorization_url"])
    found = first_calendar(api, path)
    api.delete(path)
    return found


def test_a_choice_the_account_does_not_have_stops_the_start_until_it_is_corrected(api, desk, agent):
    path = f"/api/agents/{agent}/integrations/google_calendar"
    body = {"environment": "sandbox", "settings": {"calendar_id": "nope"}}
    begun = api.post(f"{path}/connect", json=body).json()
    consents(desk, begun["authorization_url"])
    told = api.get(path).json()
    checks = api.post(f"{path}/test").json()["checks"]

    assert (told["state"], told["status"]) == ("authorized", "available")
    assert "setting.calendar_id" in [check["name"] for check in checks if not check["ok"]]
    early = api.post(f"{path}/activate")
    assert (early.status_code, early.json()["code"]) == (409, "api.test_failed")
    api.put(f"{path}/config", json={"settings": {"calendar_id": first_calendar(api, path)}})
    started = api.post(f"{path}/activate")
    assert (started.status_code, started.json()["state"]) == (200, "active")


def first_calendar(api, path):
    return api.get(f"{path}/choices/calendars").json()["choices"][0]["value"]
