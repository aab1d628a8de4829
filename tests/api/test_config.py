"""A configuration is saved whole or not at all."""

import pytest

from dashboard.contracts.people import SYSTEM

GOOD = {"settings": {"frequency": "hourly"}, "events": ["deal.created"]}


@pytest.fixture
def crm(api, agent):
    """The base path of a CRM connection in its sandbox."""
    path = f"/api/agents/{agent}/integrations/kommo"
    answer = api.post(f"{path}/connect", json={"environment": "sandbox", "method": "token"})
    assert answer.status_code == 201, answer.text
    return path


@pytest.fixture
def messenger(api, agent):
    """The base path of a messenger connection in its sandbox."""
    path = f"/api/agents/{agent}/integrations/telegram"
    assert api.post(f"{path}/connect", json={"environment": "sandbox"}).status_code == 201
    return path


@pytest.fixture
def payments(api, agent):
    """The base path of a payment connection in its sandbox."""
    path = f"/api/agents/{agent}/integrations/stripe"
    assert api.post(f"{path}/connect", json={"environment": "sandbox"}).status_code == 201
    return path


def line(field, agent_field="need"):
    return {"agent_field": agent_field, "vendor_field": field, "direction": "to_vendor"}


@pytest.mark.parametrize(
    ("wrong", "status", "code", "field"),
    [
        ({"mapping": {"deals": [line("nope")]}}, 422, "mapping.has_problems", "mapping.deals"),
        # A field only the vendor itself fills.
        ({"mapping": {"deals": [line("81013")]}}, 422, "mapping.has_problems", "mapping.deals"),
        ({"mapping": {"planets": []}}, 404, "api.no_stream", "mapping"),
        ({"events": ["deal.created", "nope"]}, 422, "connections.event_unknown", "events"),
        ({"settings": {"frequency": "never"}}, 422, "connections.not_an_option", "frequency"),
        (
            {"settings": {"frequency": "hourly", "default_pipeline": "nope"}},
            422,
            "connections.not_an_option",
            "default_pipeline",
        ),
        ({"settings": {"nope": 1}}, 422, "connections.setting_unknown", "nope"),
    ],
)
def test_one_wrong_part_keeps_all_parts_from_being_saved(api, crm, wrong, status, code, field):
    before = api.get(f"{crm}/config").json()

    refused = api.put(f"{crm}/config", json={**GOOD, **wrong})
    told = refused.json()

    assert (refused.status_code, told["code"], told["field"]) == (status, code, field)
    assert told["detail"]
    assert api.get(f"{crm}/config").json() == before
    saved = api.put(f"{crm}/config", json=GOOD).json()
    assert (saved["settings"]["frequency"], saved["events"]) == ("hourly", ["deal.created"])


def test_a_line_to_a_read_only_field_is_named_as_such(api, crm):
    body = {"stream": "deals", "rows": [line("81013")]}

    told = api.post(f"{crm}/mapping/preview", json=body).json()["problems"]

    assert "mapping.read_only" in [problem["code"] for problem in told]


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", 5])
def test_a_wrong_time_zone_is_refused(api, messenger, zone):
    before = api.get(f"{messenger}/config").json()

    refused = api.put(f"{messenger}/config", json={"settings": {"time_zone": zone}, "events": []})

    assert (refused.status_code, refused.json()["field"]) == (422, "time_zone")
    assert refused.json()["code"].startswith("connections.")
    assert api.get(f"{messenger}/config").json() == before


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/x", "egress.private"),
        ("https://10.0.0.1/x", "egress.private"),
        ("https://[::1]/x", "egress.private"),
        ("https://169.254.169.254/latest", "egress.private"),
    ],
)
def test_a_private_address_is_refused(api, payments, url, code):
    before = api.get(f"{payments}/config").json()

    refused = api.put(f"{payments}/config", json={"settings": {"return_url": url}})

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert refused.json()["field"] == "return_url"
    assert api.get(f"{payments}/config").json() == before


def test_a_vendor_that_does_not_answer_leaves_everything_as_it_was(api, desk, agent, crm):
    before = api.get(f"{crm}/config").json()
    link = desk.queries.overview.living(agent, "kommo")
    desk.sandboxes.fault(SYSTEM, link.id, "outage")

    refused = api.put(f"{crm}/config", json={**GOOD, "mapping": {"deals": []}})

    assert refused.status_code == 502
    after = api.get(f"{crm}/config").json()
    assert (after["settings"], after["events"]) == (before["settings"], before["events"])
