"""The whole API, path by path: what is documented, and who may use it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dashboard.contracts.people import SYSTEM, Role
from tests.app.desks import assembled, program
from tests.doubles import HandJobs

LINK = "/api/agents/{agentId}/integrations/{integrationId}"
PROMISED = [
    ("get", "/api/integrations"),
    ("post", "/api/agents"),
    ("get", "/api/agents"),
    ("get", "/api/agents/{agentId}"),
    ("patch", "/api/agents/{agentId}"),
    ("delete", "/api/agents/{agentId}"),
    ("get", "/api/agents/{agentId}/integrations"),
    ("post", f"{LINK}/connect"),
    ("get", "/api/flows/{flowId}"),
    ("put", f"{LINK}/config"),
    ("get", f"{LINK}/config"),
    ("post", f"{LINK}/activate"),
    ("post", f"{LINK}/test"),
    ("delete", LINK),
    ("get", f"{LINK}/choices/{{name}}"),
    ("get", f"{LINK}/fields/{{record}}"),
    ("post", f"{LINK}/mapping/preview"),
    ("post", f"{LINK}/sync"),
    ("get", f"{LINK}/sync"),
    ("get", f"{LINK}/sync/runs/{{runId}}"),
    ("post", f"{LINK}/sync/{{step}}"),
    ("get", f"{LINK}/records/{{stream}}"),
    ("get", "/api/agents/{agentId}/actions"),
    ("post", "/api/agents/{agentId}/actions/{action}"),
    ("post", f"{LINK}/actions/{{action}}"),
    ("get", "/api/actions"),
    ("get", "/api/actions/{runId}"),
    ("post", "/api/actions/{runId}/approve"),
    ("post", "/api/actions/{runId}/deny"),
    ("post", "/api/actions/{runId}/confirm-done"),
    ("post", "/api/actions/{runId}/confirm-not-done"),
    ("post", "/api/actions/{runId}/check"),
    ("get", "/api/agents/{agentId}/rules"),
    ("put", "/api/agents/{agentId}/rules"),
    ("get", "/api/events"),
    ("post", "/api/events/{event_id}/replay"),
    ("get", "/api/events/held"),
    ("get", "/api/events/held/{connection_id}"),
    ("post", "/api/events/held/{connection_id}/hold"),
    ("post", "/api/events/held/{connection_id}/release"),
    ("post", "/api/events/held/{connection_id}/drop"),
    ("post", "/api/events/dead/{connection_id}/replay"),
    ("get", "/api/deliveries"),
    ("post", "/api/deliveries/{delivery_id}/resend"),
    ("post", "/api/deliveries/replay"),
    ("get", f"{LINK}/receiver"),
    ("post", f"{LINK}/receiver/enable"),
    ("post", f"{LINK}/receiver/secret"),
    ("delete", f"{LINK}/receiver/secret/previous"),
    ("get", "/api/audit"),
    ("get", "/api/audit/verify"),
]
OUTSIDE = ["/healthz", "/readyz", "/metrics", "/oauth/callback", "/hooks/nobody"]
# A body that passes the first look of each writing operation.
BODIES = {
    "/api/agents": {"name": "x"},
    f"{LINK}/mapping/preview": {"stream": "messages", "rows": []},
    f"{LINK}/config": {"settings": {}},
    f"{LINK}/connect": {"environment": "sandbox"},
    "/api/agents/{agentId}/fields": {"name": "car"},
    "/api/deliveries/replay": {"connection_id": "con_none", "since": "2026-01-01T00:00:00Z"},
    "/api/agents/{agentId}/rules": {"rules": []},
}
PARTS = {
    "integrationId": "telegram",
    "name": "chats",
    "record": "messages",
    "stream": "messages",
    "runId": "run_none",
    "step": "pause",
    "action": "send_text",
    "connection_id": "con_none",
}
# These change nothing, although they are asked with POST.
READING = {f"{LINK}/mapping/preview"}


def documented():
    """Every operation of the API with its path, from the document itself."""
    with TemporaryDirectory() as folder, assembled(Path(folder), HandJobs()) as desk:
        paths = program(desk).get("/api/openapi.json").json()["paths"]
    return [(method, path) for path, found in paths.items() for method in found]


DOCUMENTED = documented()
WRITING = [(m, p) for m, p in DOCUMENTED if m != "get" and p not in READING]
OF_AGENT = [(m, p) for m, p in DOCUMENTED if "{agentId}" in p]


@pytest.fixture
def chat(api, agent):
    """A messenger connection of the demo agent in its sandbox."""
    path = f"/api/agents/{agent}/integrations/telegram"
    assert api.post(f"{path}/connect", json={"environment": "sandbox"}).status_code == 201
    return path


def ask(client, method, path, agent_id):
    body = BODIES.get(path, {}) if method in ("post", "put", "patch") else None
    address = path.format_map(
        {**PARTS, "agentId": agent_id, "flowId": "f", "event_id": "e", "delivery_id": "d"}
    )
    return client.request(method, address, json=body)


@pytest.mark.parametrize(("method", "path"), PROMISED)
def test_every_promised_path_is_documented(method, path):
    assert (method, path) in DOCUMENTED


@pytest.mark.parametrize("path", OUTSIDE)
def test_the_doors_beside_the_api_are_there(api, path):
    answer = api.get(path)

    assert answer.text != api.get("/nowhere").text


def test_each_operation_says_what_it_does(api):
    document = api.get("/api/openapi.json").json()
    told = [one for found in document["paths"].values() for one in found.values()]

    assert document["openapi"].startswith("3.1.")
    assert all(one["summary"] and one["description"] for one in told)


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize(("method", "path"), WRITING)
def test_a_viewer_changes_nothing(desk, api, agent, method, path):
    viewer = program(desk, Role.VIEWER)
    last_line = api.get("/api/audit").json()["entries"][0]["seq"]

    refused = ask(viewer, method, path, agent)

    # What does not exist is not found by anybody.
    assert refused.status_code == (404 if "_id}" in path else 403), refused.text
    assert api.get("/api/audit").json()["entries"][0]["seq"] == last_line


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize(("method", "path"), [one for one in DOCUMENTED if one not in WRITING])
def test_a_viewer_reads_what_an_admin_reads(desk, api, agent, method, path):
    viewer = program(desk, Role.VIEWER)

    assert ask(viewer, method, path, agent).status_code == ask(api, method, path, agent).status_code


@pytest.mark.parametrize(("method", "path"), OF_AGENT)
def test_to_a_token_of_one_agent_no_path_of_another_exists(desk, agent, method, path):
    other = desk.agents.create(SYSTEM, "Other").id

    answer = ask(program(desk, Role.ADMIN, agent), method, path, other)

    assert (answer.status_code, answer.json()["code"]) == (404, "agents.unknown")
