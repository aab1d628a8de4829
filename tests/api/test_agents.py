"""Agents over the API."""

import pytest

from dashboard.contracts.people import SYSTEM, Role
from tests.app.desks import browser, program


def test_an_agent_lives_its_life(api):
    made = api.post("/api/agents", json={"name": "Sales", "sample": {"phone": "+7"}})
    path = f"/api/agents/{made.json()['id']}"

    assert made.status_code == 201
    assert api.patch(path, json={"name": "Продажи"}).json()["name"] == "Продажи"
    assert api.get(path).json()["sample"] == {"phone": "+7"}
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_fields_of_an_agent(api, agent):
    path = f"/api/agents/{agent}/fields"

    assert api.post(path, json={"name": "car", "label": "Машина"}).status_code == 201
    assert api.post(path, json={"name": "car"}).json()["code"] == "agents.field_taken"
    told = api.get(f"/api/agents/{agent}").json()["fields"]
    assert told == [{"name": "car", "label": "Машина", "type": "text"}]
    assert api.delete(f"{path}/car").status_code == 204
    assert api.delete(f"{path}/car").status_code == 404


def test_pages_follow_each_other_without_gap_or_double(api, desk):
    for number in range(5):
        desk.agents.create(SYSTEM, f"agent {number}")
    names, cursor = [], ""
    while cursor is not None:
        page = api.get("/api/agents", params={"limit": 2, "cursor": cursor}).json()
        names += [agent["name"] for agent in page["agents"]]
        cursor = page["next_cursor"]

    assert names == ["Demo", *(f"agent {number}" for number in range(5))]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "WyJhIiwiYiJd", "%%%"])
def test_a_made_up_cursor_is_refused(api, cursor):
    answer = api.get("/api/agents", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_cursor")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer idk_wrong", "Basic YTpi", "idk_x"])
def test_without_a_token_nothing_is_told(desk, agent, header):
    stranger = browser(desk, **({"authorization": header} if header else {}))

    answer = stranger.get(f"/api/agents/{agent}")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "api.unauthorized"


def test_a_cookie_opens_no_api(desk):
    from tests.app.desks import joined

    assert joined(desk).get("/api/agents").status_code == 401


def test_a_viewer_reads_and_changes_nothing(desk, agent):
    viewer = program(desk, Role.VIEWER)

    assert viewer.get(f"/api/agents/{agent}").status_code == 200
    refused = viewer.patch(f"/api/agents/{agent}", json={"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "people.forbidden")


def test_to_a_token_of_one_agent_others_do_not_exist(desk, agent):
    other = desk.agents.create(SYSTEM, "Other").id
    scoped = program(desk, Role.ADMIN, agent)
    there, nowhere = scoped.get(f"/api/agents/{other}"), scoped.get("/api/agents/agt_none")

    assert scoped.get(f"/api/agents/{agent}").status_code == 200
    assert there.status_code == nowhere.status_code == 404
    assert there.json()["code"] == nowhere.json()["code"]
    assert there.json()["detail"] == nowhere.json()["detail"]
    assert [a["id"] for a in scoped.get("/api/agents").json()["agents"]] == [agent]
    assert scoped.post("/api/agents", json={"name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/integrations"),
        ("POST", "/integrations/telegram/connect"),
        ("GET", "/integrations/telegram/config"),
        ("PUT", "/integrations/telegram/config"),
        ("POST", "/integrations/telegram/test"),
        ("DELETE", "/integrations/telegram"),
        ("POST", "/integrations/telegram/sync"),
        ("GET", "/integrations/telegram/records/messages"),
        ("POST", "/integrations/telegram/actions/send_text"),
        ("GET", "/actions"),
        ("PATCH", ""),
        ("DELETE", ""),
    ],
)
def test_no_path_leads_to_another_tokens_agent(desk, agent, method, path):
    other = desk.agents.create(SYSTEM, "Other").id

    body = {} if method in ("POST", "PUT", "PATCH") else None
    scoped = program(desk, Role.ADMIN, agent)

    answer = scoped.request(method, f"/api/agents/{other}{path}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "agents.unknown")


@pytest.mark.parametrize(
    "path", ["/api/events", "/api/deliveries", "/api/audit", "/api/integrations"]
)
def test_no_list_tells_of_another_tokens_agent(desk, agent, path):
    other = desk.agents.create(SYSTEM, "Other").id

    answer = program(desk, Role.ADMIN, agent).get(path, params={"agent_id": other})

    assert answer.status_code == 404
