"""What waits for a person can be listed and decided over the API, by staff alone."""

import pytest

from dashboard.contracts.people import Role
from dashboard.store.actions import ActionRun
from tests.app.desks import program

ASKED = {"name": "Пётр Проверкин", "phone": "+79161234567"}
RULE = {"integration_id": "kommo", "action": "create_contact", "decision": "approval"}


@pytest.fixture
def path(api, agent):
    """The base path of a CRM connection in its sandbox."""
    made = f"/api/agents/{agent}/integrations/kommo"
    answer = api.post(f"{made}/connect", json={"environment": "sandbox", "method": "token"})
    assert answer.status_code == 201, answer.text
    return made


@pytest.fixture
def proposed(api, desk, agent, path):
    """The id of a run that waits for approval; the agent asked for it with its own token."""
    answer = api.put(f"/api/agents/{agent}/rules", json={"rules": [RULE]})
    assert answer.status_code == 200, answer.text
    own = program(desk, Role.OPERATOR, agent_id=agent)
    answer = own.post(f"{path}/actions/create_contact", json=ASKED)
    assert (answer.status_code, answer.json()["state"]) == (202, "proposed"), answer.text
    return answer.json()["id"]


@pytest.fixture
def unknown(desk, proposed):
    """The id of a run nobody knows the end of."""
    with desk.store.transaction() as session:
        session.get_one(ActionRun, proposed).state = "unknown"
    return proposed


def listed(api, **wanted):
    return [run["id"] for run in api.get("/api/actions", params=wanted).json()["runs"]]


def test_what_waits_is_listed_with_all_a_person_needs(api, agent, proposed):
    [run] = api.get("/api/actions", params={"state": "proposed", "agent_id": agent}).json()["runs"]

    assert (run["id"], run["arguments"], run["requested_by"]) == (proposed, ASKED, "tests")
    assert run["error"]["code"] == "actions.needs_approval"
    assert listed(api, state="unknown") == []
    assert api.get("/api/actions", params={"state": "asleep"}).status_code == 422


def test_a_long_list_comes_page_by_page(api, path, proposed):
    second = api.post(f"{path}/actions/create_contact", json=ASKED).json()["id"]
    first_page = api.get("/api/actions", params={"limit": 1}).json()
    rest = listed(api, limit=1, cursor=first_page["next_cursor"])

    assert [run["id"] for run in first_page["runs"]] == [second]
    assert rest == [proposed]


def test_an_approved_run_is_done_and_says_who_let_it(api, proposed):
    answer = api.post(f"/api/actions/{proposed}/approve")
    told = answer.json()

    assert (answer.status_code, told["state"], told["decided_by"]) == (200, "succeeded", "tests")
    assert told["result"]["external_id"]
    assert api.post(f"/api/actions/{proposed}/approve").json()["code"] == "actions.decided"


@pytest.mark.usefixtures("proposed")
def test_the_token_that_asked_is_told_who_may_approve(api, path):
    mine = api.post(f"{path}/actions/create_contact", json=ASKED).json()["id"]
    answer = api.post(f"/api/actions/{mine}/approve", headers={"accept-language": "en"})

    assert (answer.status_code, answer.json()["code"]) == (403, "actions.own_request")
    assert "Approvals page" in str(answer.json())


def test_a_denied_run_stays_undone(api, proposed):
    denied = api.post(f"/api/actions/{proposed}/deny").json()
    late = api.post(f"/api/actions/{proposed}/approve")

    assert (denied["state"], late.status_code) == ("denied", 409)


@pytest.mark.parametrize(
    "decision", ["approve", "deny", "confirm-done", "confirm-not-done", "check"]
)
def test_an_agents_own_token_decides_nothing(desk, agent, proposed, decision):
    answer = program(desk, Role.ADMIN, agent_id=agent).post(f"/api/actions/{proposed}/{decision}")

    assert (answer.status_code, answer.json()["code"]) == (403, "actions.staff_only")


def test_another_agents_token_sees_nothing(desk, api, proposed):
    other = api.post("/api/agents", json={"name": "Другой"}).json()["id"]
    stranger = program(desk, Role.ADMIN, agent_id=other)

    assert listed(stranger) == []
    assert stranger.get(f"/api/actions/{proposed}").status_code == 404
    assert stranger.post(f"/api/actions/{proposed}/approve").status_code == 404


def test_a_viewer_decides_nothing(desk, proposed):
    answer = program(desk, Role.VIEWER).post(f"/api/actions/{proposed}/approve")

    assert (answer.status_code, answer.json()["code"]) == (403, "people.forbidden")


@pytest.mark.parametrize(
    ("decision", "state"), [("confirm-done", "succeeded"), ("confirm-not-done", "failed")]
)
def test_a_person_says_how_an_unknown_run_ended(api, unknown, decision, state):
    answer = api.post(f"/api/actions/{unknown}/{decision}")

    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert api.post(f"/api/actions/{unknown}/{decision}").status_code == 409


def test_the_vendor_is_asked_how_an_unknown_run_ended(api, unknown):
    answer = api.post(f"/api/actions/{unknown}/check")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["error"]["code"]) == (
        "failed",
        "actions.not_done",
    )


@pytest.mark.usefixtures("path")
def test_rules_are_replaced_whole(api, agent):
    rules = f"/api/agents/{agent}/rules"
    limited = {**RULE, "action": "add_note", "decision": "allowed", "daily_limit": 3}
    api.put(rules, json={"rules": [RULE]})
    answer = api.put(rules, json={"rules": [limited]})

    assert answer.json() == api.get(rules).json() == {"rules": [{**limited, "amount_limit": ""}]}
    lines = api.get("/api/audit", params={"action": "actions.rule"}).json()["entries"]
    assert [line["detail"]["decision"] for line in lines] == ["allowed", "allowed", "approval"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"action": "fly"}, 404),
        ({"decision": "maybe"}, 422),
        ({"amount_limit": "a lot"}, 422),
        ({"daily_limit": -1}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_one_wrong_rule_changes_nothing(api, agent, change, status):
    rules = f"/api/agents/{agent}/rules"
    api.put(rules, json={"rules": [RULE]})
    answer = api.put(rules, json={"rules": [{**RULE, "action": "add_note"}, RULE | change]})

    assert answer.status_code == status, answer.text
    assert [rule["action"] for rule in api.get(rules).json()["rules"]] == ["create_contact"]


def test_only_an_admin_replaces_rules(desk, agent):
    answer = program(desk, Role.OPERATOR).put(f"/api/agents/{agent}/rules", json={"rules": []})

    assert answer.status_code == 403
