"""Failures over the API: problem documents, in words, with stable codes."""

import pytest

from dashboard.app import routes
from tests.app.desks import browser


@pytest.mark.parametrize(
    ("content", "status", "field", "code"),
    [
        (b"{", 400, "body", "api.invalid_json"),
        (b"{}", 422, "name", "api.invalid_missing"),
        (b'{"name": 1}', 422, "name", "api.invalid_type"),
        (b'{"name": ""}', 422, "name", "api.invalid_size"),
        (b'{"name": "x", "nam": 1}', 422, "nam", "api.invalid_unknown"),
        (b'{"name": "x", "sample": {"a": 1}, "z": {}}', 422, "z", "api.invalid_unknown"),
    ],
)
def test_a_wrong_body_is_explained(api, content, status, field, code):
    answer = api.post("/api/agents", content=content, headers={"content-type": "application/json"})
    told = answer.json()

    assert answer.status_code == told["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (told["code"], told["field"]) == ("api.invalid", field)
    assert told["errors"][0]["code"] == code


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/zzz", 404, "api.not_found"),
        ("PUT", "/api/agents", 405, "api.method_not_allowed"),
        ("GET", "/api/flows/flw_none", 404, "api.flow_unknown"),
        ("GET", "/api/actions/act_none", 404, "api.run_unknown"),
        ("POST", "/api/events/evt_none/replay", 404, "api.event_unknown"),
        ("POST", "/api/deliveries/msg_none/resend", 404, "api.delivery_unknown"),
    ],
)
def test_what_is_not_there_is_a_problem_too(api, method, path, status, code):
    answer = api.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(("accept", "word"), [("ru", "Такого агента нет"), ("en", "no such agent")])
def test_the_sentence_is_in_the_callers_language(api, accept, word):
    answer = api.get("/api/agents/agt_none", headers={"accept-language": accept})

    assert word in answer.json()["detail"]


def test_a_defect_of_ours_tells_only_its_request_id(desk, api, monkeypatch):
    monkeypatch.setattr(type(desk.agents), "get", lambda *_: 1 / 0)

    answer = api.get("/api/agents/x")

    assert (answer.status_code, answer.json()["code"]) == (500, "api.internal")
    assert answer.json()["request_id"] in answer.json()["detail"]
    assert "division" not in answer.text


def test_the_document_names_every_path_as_it_is(api):
    document = api.get("/api/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert {
        "/api/integrations",
        "/api/agents/{agentId}/integrations/{integrationId}/connect",
        "/api/agents/{agentId}/integrations/{integrationId}/config",
        "/api/agents/{agentId}/integrations/{integrationId}/test",
        "/api/agents/{agentId}/integrations/{integrationId}",
        "/api/flows/{flowId}",
        "/api/agents/{agentId}/integrations/{integrationId}/actions/{action}",
        "/api/audit/verify",
    } <= set(document["paths"])


def test_the_document_has_no_dangling_reference(api):
    text = api.get("/api/openapi.json").text
    named = set(api.get("/api/openapi.json").json()["components"]["schemas"])
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert used <= named


@pytest.mark.parametrize(("accept", "word"), [("ru", "Тело запроса"), ("en", "Body")])
def test_the_docs_load_nothing_from_elsewhere(desk, accept, word):
    answer = browser(desk).get("/api/docs", headers={"accept-language": accept})

    assert word in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize("path", ["/api", "/api/"])
def test_the_bare_address_leads_to_the_docs(desk, path):
    assert browser(desk).get(path).headers["location"] == "/api/docs"
    assert routes(desk)


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/api/agents/agt_none", b"", "4XX"),
        ("POST", "/api/agents", b"{", "4XX"),
        ("POST", "/api/agents", b"[" * 2_000_000, "4XX"),
        ("DELETE", "/api/agents/agt_none", b"", "4XX"),
    ],
)
def test_failures_are_sent_as_the_document_says(api, method, path, content, status):
    document = api.get("/api/openapi.json").json()
    json = {"content-type": "application/json"}
    answer = api.request(method, path, content=content, headers=json)
    operation = document["paths"][path.replace("agt_none", "{agentId}")][method.lower()]
    [(kind, told)] = operation["responses"][status]["content"].items()
    named = document["components"]["schemas"][told["schema"]["$ref"].rpartition("/")[2]]

    assert answer.headers["content-type"] == kind == "application/problem+json"
    assert set(named["required"]) <= set(answer.json()) <= set(named["properties"])
    assert answer.json()["type"] == f"/api/docs#{answer.json()['code']}"


def test_every_operation_declares_the_failures_of_services(api):
    document = api.get("/api/openapi.json").json()
    told = [one["responses"] for found in document["paths"].values() for one in found.values()]

    assert all({"4XX", "5XX"} <= set(responses) for responses in told)
