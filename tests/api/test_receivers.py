"""Receivers by API: a sandbox one needs no network, and what was given up is sent again."""

import socket

import pytest
from standardwebhooks import Webhook

from dashboard.contracts.people import SYSTEM, Role
from tests.app import desks

SINCE = "2020-01-01T00:00:00Z"


@pytest.fixture
def no_network(monkeypatch):
    """A machine on which asking for a name fails the test; addresses in numbers need nobody."""
    read = socket.getaddrinfo

    def refuse(host, *rest, flags=0, **more):
        if flags & socket.AI_NUMERICHOST:
            return read(host, *rest, flags=flags, **more)
        raise AssertionError(f"{host} was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def hook(api, agent, no_network):
    """The agent's sandbox receiver, connected with the sandbox's own sample values."""
    del no_network
    path = f"/api/agents/{agent}/integrations/webhook"
    made = api.post(f"{path}/connect", json={"environment": "sandbox"})
    assert made.status_code == 201, made.text
    return path


@pytest.fixture
def hook_id(hook, api):
    return api.get(f"{hook}/receiver").json()["connection_id"]


@pytest.fixture
def died(desk, hook_id, jobs):
    """A test event that the receiver did not take; it is among the dead."""
    desk.sandboxes.play(SYSTEM, hook_id, "answer_500", {})
    desk.outbound.send_test(SYSTEM, hook_id)
    desk.sandboxes.play(SYSTEM, hook_id, "answer_200", {})
    jobs.waiting.clear()
    return hook_id


def test_a_sandbox_receiver_is_connected_without_looking_anything_up(api, hook):
    told = api.get(f"{hook}/receiver").json()

    assert (told["signed"], told["paused"], told["dead"], told["waiting"]) == (True, False, 0, 0)


@pytest.mark.usefixtures("no_network")
def test_its_settings_are_saved_without_looking_anything_up(api, hook):
    changed = api.put(f"{hook}/config", json={"settings": {"keep_order": True}})

    assert changed.status_code == 200, changed.text
    assert api.get(f"{hook}/receiver").json()["ordered"] is True


def test_a_dry_run_counts_and_a_replay_sends(api, died):
    body = {"connection_id": died, "since": SINCE}
    counted = api.post("/api/deliveries/replay", json={**body, "dry_run": True}).json()
    first = api.post("/api/deliveries/replay", json=body)
    second = api.post("/api/deliveries/replay", json=body).json()

    assert (counted["count"], counted["dry_run"]) == (1, True)
    assert (first.status_code, first.json()["count"]) == (202, 1)
    assert second["count"] == 0
    assert api.get("/api/audit").json()["entries"][0]["action"] == "delivery.replayed"


@pytest.mark.parametrize("states", [["pending"], ["delivering"], ["nonsense"]])
def test_only_what_is_finished_is_replayed(api, died, states):
    body = {"connection_id": died, "since": SINCE, "states": states}

    assert api.post("/api/deliveries/replay", json=body).status_code == 422


def test_a_viewer_replays_nothing(desk, died):
    body = {"connection_id": died, "since": SINCE}

    refused = desks.program(desk, Role.VIEWER).post("/api/deliveries/replay", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "people.forbidden")


def test_a_secret_is_replaced_with_an_overlap_and_the_overlap_ended(api, hook):
    made = api.post(f"{hook}/receiver/secret", json={"overlap_hours": 2})
    again = api.post(f"{hook}/receiver/secret")
    ended = api.delete(f"{hook}/receiver/secret/previous")
    then = api.post(f"{hook}/receiver/secret")

    assert Webhook(made.json()["secret"])
    assert made.json()["previous_until"]
    assert (again.status_code, again.json()["code"]) == (409, "outbound.overlap_running")
    assert ended.status_code == 204
    assert then.status_code == 200


def test_a_receiver_is_enabled_again(api, hook):
    paused = api.post(f"{hook}/sync/pause")
    before = api.get(f"{hook}/receiver").json()["paused"]
    enabled = api.post(f"{hook}/receiver/enable")

    assert (paused.status_code, before) == (200, True)
    assert enabled.json() == {"waiting": 0}
    assert api.get(f"{hook}/receiver").json()["paused"] is False
