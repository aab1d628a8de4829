"""Junk is refused with a sentence, and never reaches a table, a service or a 500."""

import base64
import json

import pytest

JSON = {"content-type": "application/json"}
DEEP = b'{"name": "x", "sample": {"a": %s1%s}}' % (b"[" * 80, b"]" * 80)


def place(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("content", "status", "field", "code"),
    [
        (rb'{"name": "a\u0000b"}', 422, "name", "text"),
        (rb'{"name": "\ud83d"}', 422, "name", "text"),
        (b'{"name": "\xed\xa0\x80"}', 422, "name", "text"),
        (rb'{"name": "x", "sample": {"\ud800": 1}}', 422, "sample", "text"),
        (rb'{"name": "x", "sample": {"a": ["", {"b": "\u0000"}]}}', 422, "sample.a.1.b", "text"),
        (b'{"name": "x", "sample": {"a": 1e999}}', 422, "sample.a", "number"),
        (b'{"name": "x", "sample": {"a": NaN}}', 422, "sample.a", "number"),
        (b'{"name": "x", "sample": {"a": 9223372036854775808}}', 422, "sample.a", "number"),
        (DEEP, 422, "sample.a.0.0", "depth"),
    ],
)
def test_what_nobody_can_keep_is_named(api, content, status, field, code):
    answer = api.post("/api/agents", content=content, headers=JSON)
    told = answer.json()

    assert (answer.status_code, told["code"], told["field"]) == (status, "api.invalid", field)
    assert told["errors"][0]["code"] == f"api.invalid_{code}"


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"name": %s}' % (b"9" * 6000), b"\xff{}"])
def test_a_body_the_reader_gives_up_on_is_no_json(api, content):
    answer = api.post("/api/agents", content=content, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "api.unreadable")


def test_ordinary_text_of_every_alphabet_is_kept(api):
    name = "Отдел продаж 😀 中文"
    answer = api.post("/api/agents", json={"name": name, "sample": {"n": 2**62, "f": 0.1}})

    assert answer.status_code == 201
    assert answer.json()["name"] == name


@pytest.mark.parametrize(
    "path",
    [
        "/api/agents/a%00b",
        "/api/integrations?agent_id=%00",
        "/api/events?state=%00",
        "/api/audit?action=%00",
        f"/api/agents?cursor={place(chr(0))}",
        f"/api/agents?cursor={place(chr(0xD800))}",
        f"/api/audit?cursor={place('²')}",
        f"/api/audit?cursor={place('9' * 30)}",
        "/api/audit?since=0001-01-01T00:00:00%2B14:00",
        "/api/audit?since=9999-12-31T23:59:59-14:00",
    ],
)
def test_an_address_with_junk_is_refused(api, path):
    answer = api.get(path)

    assert answer.status_code == 422
    assert answer.json()["code"] in ("api.invalid", "api.bad_cursor")


@pytest.mark.parametrize("token", ["ключ", "a\tb", "a\x7fb"])
def test_a_key_that_no_header_can_carry_is_refused_before_it_is_tried(api, agent, token):
    credentials = {"subdomain": "acme.kommo.com", "token": token}
    answer = api.post(
        f"/api/agents/{agent}/integrations/kommo/connect", json={"credentials": credentials}
    )

    assert (answer.status_code, answer.json()["field"]) == (422, "token")


@pytest.mark.parametrize("amount", ["1E+999999999", "9" * 30])
def test_an_amount_beyond_all_money_is_refused(api, agent, amount):
    kommo = f"/api/agents/{agent}/integrations/kommo"
    api.post(f"{kommo}/connect", json={"environment": "sandbox"})
    answer = api.post(f"{kommo}/actions/create_deal", json={"title": "x", "amount": amount})

    assert (answer.status_code, answer.json()["code"]) == (422, "actions.invalid")
