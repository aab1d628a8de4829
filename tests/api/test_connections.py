"""Connecting, configuring, testing and disconnecting over the API, on sandboxes."""

import json

import pytest

from dashboard.contracts.people import Role
from tests.api.people import consents
from tests.app.desks import program


@pytest.fixture
def base(agent):
    return f"/api/agents/{agent}/integrations"


@pytest.fixture
def connected(api, base):
    """The base path of a connection made with keys."""
    answer = api.post(f"{base}/telegram/connect", json={"environment": "sandbox"})
    assert answer.status_code == 201, answer.text
    return f"{base}/telegram"


def status(api, agent, integration):
    told = api.get("/api/integrations", params={"agent_id": agent}).json()["integrations"]
    return next(one for one in told if one["id"] == integration)


def test_all_integrations_are_told_in_the_owners_shape(api):
    told = api.get("/api/integrations").json()

    assert list(told) == ["integrations"]
    assert {"id", "name", "description", "icon", "category", "status", "config"} == set(
        told["integrations"][0]
    )
    assert {one["status"] for one in told["integrations"]} == {"available"}


def test_icons_are_pictures_for_everybody(api):
    for one in api.get("/api/integrations").json()["integrations"]:
        answer = api.get(one["icon"], headers={"authorization": ""})
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "<svg" in answer.text


def test_the_three_words_of_status(api, agent, base):
    assert status(api, agent, "telegram")["status"] == "available"
    api.post(f"{base}/telegram/connect", json={"environment": "sandbox"})
    told = status(api, agent, "telegram")
    assert (told["status"], told["state"], told["environment"]) == (
        "connected",
        "active",
        "sandbox",
    )
    assert told["account"]["name"]
    api.put(f"{base}/telegram/config", json={"settings": {}})
    assert status(api, agent, "telegram")["status"] == "configured"
    api.delete(f"{base}/telegram")
    assert status(api, agent, "telegram")["status"] == "available"


def test_the_same_integration_twice_is_refused(api, connected):
    again = api.post(f"{connected}/connect", json={"environment": "sandbox"})

    assert (again.status_code, again.json()["code"]) == (409, "connections.already")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"environment": "moon"}, "api.invalid"),
        ({"method": "magic"}, "api.method_unknown"),
        ({"environment": "sandbox", "settings": {"nope": 1}}, "connections.setting_unknown"),
        ({"environment": "sandbox", "credentials": {"bot_token": "1:x"}}, None),
    ],
)
def test_a_refused_attempt_leaves_no_connection(api, agent, base, body, code):
    refused = api.post(f"{base}/telegram/connect", json=body)

    assert 400 <= refused.status_code < 500
    assert refused.json()["detail"]
    assert code in (None, refused.json()["code"])
    assert status(api, agent, "telegram")["status"] == "available"
    assert api.post(f"{base}/telegram/connect", json={"environment": "sandbox"}).is_success


def test_an_unknown_integration_is_named(api, base):
    answer = api.post(f"{base}/nope/connect", json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "api.integration_unknown")


def test_a_test_proves_each_thing_by_name(api, connected):
    told = api.post(f"{connected}/test").json()

    assert told["ok"] is True
    assert told["account"]["id"]
    assert {"name": "account", "ok": True}.items() <= told["checks"][0].items()


def test_config_is_read_changed_and_never_shows_a_secret(api, desk, connected, agent):
    link = desk.queries.overview.living(agent, "telegram")
    secret = desk.tokens.kept(link.id)["bot_token"]

    saved = api.put(
        f"{connected}/config",
        json={"settings": {"time_zone": "Asia/Omsk"}, "events": ["message.received"]},
    )

    assert saved.json()["settings"]["time_zone"] == "Asia/Omsk"
    assert saved.json()["events"] == ["message.received"]
    assert saved.json()["credentials"] == {"bot_token": f"••••{secret[-4:]}"}
    assert secret not in saved.text
    assert api.get(f"{connected}/config").json() == saved.json()


def test_the_webhook_address_is_only_for_those_who_set_it_up(desk, connected, api):
    viewer = program(desk, Role.VIEWER)

    assert "/hooks/" in api.get(f"{connected}/config").json()["webhook_url"]
    assert viewer.get(f"{connected}/config").json()["webhook_url"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"settings": {"time_zone": "Mars/Base"}}, None),
        ({"settings": {"nope": 1}}, "connections.setting_unknown"),
        ({"events": ["nope"]}, "connections.event_unknown"),
        ({"mapping": {"nope": []}}, "api.no_stream"),
        ({"colour": "red"}, "api.invalid"),
    ],
)
def test_a_wrong_config_is_refused_and_nothing_is_saved(api, connected, body, code):
    before = api.get(f"{connected}/config").json()

    refused = api.put(f"{connected}/config", json=body)

    assert 400 <= refused.status_code < 500
    assert code in (None, refused.json()["code"])
    assert api.get(f"{connected}/config").json() == before


def test_disconnecting_tells_what_was_and_was_not_revoked(api, connected):
    told = api.delete(connected).json()

    assert told["revoked"] is False
    assert told["why_not"]
    assert told["manual_url"].startswith("https://")
    assert api.delete(connected).status_code == 404


def test_an_agent_with_connections_is_not_deleted(api, agent, connected):
    refused = api.delete(f"/api/agents/{agent}")
    api.delete(connected)

    assert (refused.status_code, refused.json()["code"]) == (409, "agents.still_connected")
    assert api.delete(f"/api/agents/{agent}").status_code == 204


def test_oauth_gives_an_address_and_ends_connected(api, desk, agent, base):
    body = {"environment": "sandbox"}
    begun = api.post(f"{base}/google_calendar/connect", json=body)
    flow = f"/api/flows/{begun.json()['flow_id']}"
    waiting = api.get(flow).json()["status"]

    page = consents(desk, begun.json()["authorization_url"])

    assert (begun.status_code, waiting) == (202, "pending")
    assert "window.close" in page.text
    assert api.get(flow).json()["status"] == "done"
    assert status(api, agent, "google_calendar")["status"] == "connected"


def test_a_person_who_says_no_is_understood_and_may_try_again(api, desk, agent, base):
    begun = api.post(f"{base}/google_calendar/connect", json={"environment": "sandbox"}).json()

    page = consents(desk, begun["authorization_url"], "deny")
    told = api.get(f"/api/flows/{begun['flow_id']}").json()

    assert 'role="alert"' in page.text
    assert told["status"] == "refused"
    assert told["error"]["detail"]
    again = api.post(f"{base}/google_calendar/connect", json={"environment": "sandbox"}).json()
    consents(desk, again["authorization_url"])
    assert status(api, agent, "google_calendar")["status"] == "connected"


def test_a_flow_of_another_agent_is_not_told(api, desk, base):
    begun = api.post(f"{base}/google_calendar/connect", json={"environment": "sandbox"}).json()
    other = api.post("/api/agents", json={"name": "Other"}).json()["id"]

    answer = program(desk, Role.ADMIN, other).get(f"/api/flows/{begun['flow_id']}")

    assert answer.status_code == 404


def test_live_lists_are_read_and_unknown_ones_refused(api, desk, base):
    begun = api.post(f"{base}/google_calendar/connect", json={"environment": "sandbox"}).json()
    consents(desk, begun["authorization_url"])

    told = api.get(f"{base}/google_calendar/choices/calendars").json()

    assert told["choices"][0]["label"]
    assert api.get(f"{base}/google_calendar/choices/nope").status_code == 404
    assert api.get(f"{base}/google_calendar/fields/events").status_code == 404


def test_no_answer_and_no_line_of_the_journal_holds_a_secret(api, desk, agent, connected):
    link = desk.queries.overview.living(agent, "telegram")
    secrets = [value for value in desk.tokens.kept(link.id).values() if len(value) > 8]
    told = [
        api.get(path).text
        for path in (
            connected,
            f"{connected}/config",
            f"/api/agents/{agent}/integrations",
            "/api/audit",
            f"{connected}/sync",
        )
    ]

    assert secrets
    assert not [secret for secret in secrets if secret in json.dumps(told)]
