"""An action asked for by its name alone goes to the integration that offers it."""

import pytest

from dashboard import registry
from dashboard.contracts.people import Role
from tests.app.desks import program

ASKED = {"name": "Пётр Проверкин", "phone": "+79161234567"}


@pytest.fixture
def crm(api, agent):
    """The base path of a CRM connection in its sandbox."""
    path = f"/api/agents/{agent}/integrations/kommo"
    answer = api.post(f"{path}/connect", json={"environment": "sandbox", "method": "token"})
    assert answer.status_code == 201, answer.text
    return path


@pytest.fixture
def asked(agent):
    return f"/api/agents/{agent}/actions/create_contact"


@pytest.mark.usefixtures("crm")
def test_the_connected_provider_is_taken_and_asked_once_for_a_key(api, crm, asked):
    headers = {"idempotency-key": "one"}

    first = api.post(asked, json=ASKED, headers=headers)
    again = api.post(asked, json=ASKED, headers=headers)
    named = api.post(f"{crm}/actions/create_contact", json=ASKED, headers=headers)

    assert first.status_code == 200
    assert (first.json()["integration_id"], first.json()["state"]) == ("kommo", "succeeded")
    assert first.json() == again.json() == named.json()


@pytest.mark.parametrize(("speech", "word"), [("en", "No connected"), ("ru", "Ни одна")])
def test_without_a_connection_it_is_said_what_to_connect(api, asked, speech, word):
    answer = api.post(asked, json=ASKED, headers={"accept-language": speech})
    told = answer.json()

    assert (answer.status_code, told["code"]) == (409, "actions.none_connected")
    assert word in told["detail"]
    assert "kommo" in told["detail"]


@pytest.mark.usefixtures("crm")
def test_several_are_named_and_none_is_guessed(api, agent, asked, monkeypatch):
    api.post(f"/api/agents/{agent}/integrations/telegram/connect", json={"environment": "sandbox"})
    manifest = registry.manifest("telegram")
    both = (*manifest.actions, "create_contact")
    monkeypatch.setitem(vars(manifest), "actions", both)

    answer = api.post(asked, json=ASKED)
    told = answer.json()

    assert (answer.status_code, told["code"]) == (409, "actions.several")
    assert "kommo, telegram" in told["detail"]
    assert "/integrations/" in told["detail"]


def test_an_action_nobody_has_is_not_found(api, agent):
    answer = api.post(f"/api/agents/{agent}/actions/fly", json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "actions.unknown")


@pytest.mark.usefixtures("crm")
def test_a_viewer_may_not_act(desk, asked):
    answer = program(desk, Role.VIEWER).post(asked, json=ASKED)

    assert (answer.status_code, answer.json()["code"]) == (403, "people.forbidden")
