"""Sync, records, mapping, actions, traffic and the journal over the API."""

import pytest

from dashboard.contracts.people import SYSTEM, Role
from tests.app.desks import program


@pytest.fixture
def crm(api, agent):
    """The base path of a CRM connection in its sandbox."""
    path = f"/api/agents/{agent}/integrations/kommo"
    answer = api.post(f"{path}/connect", json={"environment": "sandbox", "method": "token"})
    assert answer.status_code == 201, answer.text
    return path


@pytest.fixture
def chat(api, agent):
    """The base path of a messenger connection in its sandbox."""
    path = f"/api/agents/{agent}/integrations/telegram"
    assert api.post(f"{path}/connect", json={"environment": "sandbox"}).status_code == 201
    return path


def test_a_sync_is_started_once_watched_and_brings_records(api, crm, jobs):
    first = api.post(f"{crm}/sync", headers={"idempotency-key": "k"})
    again = api.post(f"{crm}/sync", headers={"idempotency-key": "k"})
    jobs.drain()
    run = api.get(f"{crm}/sync/runs/{first.json()['id']}").json()

    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    assert run["state"] == "succeeded"
    assert run["new"] > 0
    told = api.get(f"{crm}/sync").json()
    assert told["state"] == "idle"
    assert {s["name"]: s["records"] for s in told["streams"]}["deals"] > 0


def test_records_are_listed_whole_page_by_page(api, crm, jobs):
    api.post(f"{crm}/sync")
    jobs.drain()
    ids, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{crm}/records/deals", params={"limit": 7, "cursor": cursor}).json()
        ids += [record["external_id"] for record in page["records"]]
        cursor = page["next_cursor"]
    streams = api.get(f"{crm}/sync").json()["streams"]

    assert len(ids) == len(set(ids)) == next(s["records"] for s in streams if s["name"] == "deals")
    assert api.get(f"{crm}/records/nope").status_code == 404


@pytest.mark.parametrize("cursor", ["WyJhIiwiYiJd", "WyIyMDI2LTAxLTAxIiwiYiJd", "x"])
def test_a_made_up_place_among_records_is_refused(api, crm, cursor):
    answer = api.get(f"{crm}/records/deals", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_cursor")


def test_the_schedule_is_paused_and_resumed(api, crm):
    assert api.post(f"{crm}/sync/pause").json()["paused"] is True
    assert api.post(f"{crm}/sync/resume").json()["paused"] is False


def test_cancelling_nothing_is_refused_in_words(api, crm, jobs):
    jobs.drain()

    answer = api.post(f"{crm}/sync/cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "sync.nothing_to_cancel")


def test_a_run_of_another_connection_is_not_told(api, crm, chat):
    run = api.post(f"{crm}/sync").json()["id"]

    assert api.get(f"{chat}/sync/runs/{run}").status_code == 404


def test_fields_are_read_with_types_and_options(api, crm):
    told = api.get(f"{crm}/fields/deals").json()["fields"]

    assert {"name", "label", "type", "options", "required", "read_only", "custom"} <= set(told[0])
    assert any(field["custom"] for field in told)
    assert any(field["options"] for field in told)


def lines(api, crm):
    """One line for a text, and one for each field the CRM insists on."""
    told = [f for f in api.get(f"{crm}/fields/deals").json()["fields"] if not f["read_only"]]
    text = next(f["name"] for f in told if f["type"] == "text")
    needed = [f["name"] for f in told if f["required"] and f["custom"] and f["type"] == "date"]
    return [
        {
            "agent_field": "need",
            "vendor_field": text,
            "direction": "to_vendor",
            "transform": "trim",
        },
        *(
            {"agent_field": "preferred_time", "vendor_field": name, "transform": "date"}
            for name in needed
        ),
    ]


def test_a_mapping_is_tried_saved_and_read_back(api, crm):
    rows = lines(api, crm)
    body = {"stream": "deals", "rows": rows, "values": {"need": "  Кухня  "}}
    tried = api.post(f"{crm}/mapping/preview", json=body).json()

    saved = api.put(f"{crm}/config", json={"mapping": {"deals": rows}})

    assert tried["problems"] == []
    assert tried["samples"][0]["to_vendor"] == {rows[0]["vendor_field"]: "Кухня"}
    assert saved.json()["mapping"]["deals"][0].items() >= rows[0].items()


def test_a_mapping_with_a_mistake_is_explained_and_not_saved(api, crm):
    row = {"agent_field": "need", "vendor_field": "no_such_field"}

    tried = api.post(f"{crm}/mapping/preview", json={"stream": "deals", "rows": [row]}).json()
    refused = api.put(f"{crm}/config", json={"mapping": {"deals": [row]}})

    assert tried["problems"][0]["code"] == "mapping.unknown_vendor_field"
    assert tried["problems"][0]["detail"]
    assert (refused.status_code, refused.json()["code"]) == (422, "mapping.has_problems")
    assert api.get(f"{crm}/config").json()["mapping"] == {}


@pytest.mark.usefixtures("chat")
def test_an_agents_actions_come_with_schemas_and_reasons(api, agent):
    told = api.get(f"/api/agents/{agent}/actions").json()["actions"]
    sends = next(a for a in told if (a["integration_id"], a["name"]) == ("telegram", "send_text"))

    assert sends["available"] is True
    assert sends["effect"] == "write"
    assert sends["input_schema"]["type"] == sends["output_schema"]["type"] == "object"
    assert all(action["why_not"] for action in told if not action["available"])


def contact(api, crm, key):
    return api.post(
        f"{crm}/actions/create_contact",
        json={"name": "Пётр Проверкин", "phone": "+79161234567"},
        headers={"idempotency-key": key},
    )


def test_an_action_is_done_once_for_one_key(api, crm):
    first, again = contact(api, crm, "one"), contact(api, crm, "one")

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["state"] == "succeeded"
    assert first.json()["result"]
    assert api.get(f"/api/actions/{first.json()['id']}").json() == first.json()


def test_a_key_used_for_something_else_is_refused(api, crm):
    contact(api, crm, "one")

    other = api.post(
        f"{crm}/actions/create_contact",
        json={"name": "Someone Else"},
        headers={"idempotency-key": "one"},
    )

    assert (other.status_code, other.json()["code"]) == (409, "actions.key_reused")


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("create_contact", {"name": "x", "nope": 1}, 422),
        ("create_contact", {}, 422),
        ("fly", {}, 404),
    ],
)
def test_a_wrong_action_is_refused_before_anything_is_done(api, crm, action, body, status):
    answer = api.post(f"{crm}/actions/{action}", json=body)

    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(("fault", "status"), [("rate_limit", 429), ("outage", 502)])
def test_a_vendors_failure_has_our_word_and_status(api, desk, agent, crm, fault, status):
    link = desk.queries.overview.living(agent, "kommo")
    desk.sandboxes.fault(SYSTEM, link.id, fault)

    answer = api.get(f"{crm}/fields/deals")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_lost_login_is_told_as_such_and_the_connection_says_so(api, desk, agent, crm):
    link = desk.queries.overview.living(agent, "kommo")
    desk.sandboxes.fault(SYSTEM, link.id, "revoke")

    answer = api.get(f"{crm}/fields/deals")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_key")
    assert api.get(crm).json()["state"] == "needs_reauth"
    assert api.get(crm).json()["error"]["detail"]


def test_a_lost_reply_is_looked_up_and_not_repeated(api, desk, agent, crm):
    link = desk.queries.overview.living(agent, "kommo")
    desk.sandboxes.fault(SYSTEM, link.id, "lose_reply")

    answer = contact(api, crm, "lost")
    again = contact(api, crm, "lost")

    assert answer.status_code in (200, 409)
    assert answer.json().get("id") == again.json().get("id")
    assert answer.json().get("code") == again.json().get("code")


def test_an_operator_is_needed_to_act(desk, crm):
    answer = program(desk, Role.VIEWER).post(f"{crm}/actions/create_contact", json={"name": "x"})

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/api/events", "/api/deliveries"])
def test_traffic_is_a_list_even_when_there_is_none(api, path):
    told = api.get(path).json()

    assert [*told.values()] == [[], None]


@pytest.mark.usefixtures("crm")
def test_the_journal_is_paged_filtered_and_whole(api, agent):
    first = api.get("/api/audit", params={"limit": 1}).json()
    second = api.get("/api/audit", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    found = api.get("/api/audit", params={"action": "connection.activated"}).json()["entries"]

    assert first["entries"][0]["seq"] == second["entries"][0]["seq"] + 1
    assert [entry["agent_id"] for entry in found] == [agent]
    assert api.get("/api/audit/verify").json()["ok"] is True


@pytest.mark.usefixtures("crm")
def test_a_token_of_one_agent_sees_its_own_lines_only(desk, api, agent):
    api.post("/api/agents", json={"name": "Other"})
    scoped = program(desk, Role.VIEWER, agent)

    told = scoped.get("/api/audit").json()["entries"]

    assert {entry["agent_id"] for entry in told} == {agent}
    assert scoped.get("/api/audit/verify").status_code == 403
