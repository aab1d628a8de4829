"""Worlds live in the database: every process sees the same one, and loses nothing of it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import time_machine

from dashboard.contracts.errors import Refusal, Unavailable
from dashboard.contracts.people import SYSTEM, Actor, Role
from dashboard.kit.sandbox import Call
from dashboard.sandbox.play import DELIVER
from dashboard.sandbox.shelf import StoreShelf, create

HOOK = "https://desk.test/hooks/secret-token"


@pytest.fixture
def client(sandboxes, vendor, tenant):
    """The vendor's API as a provider's client sees it."""
    hosts = sandboxes.hosts(vendor, tenant, {"api": ""})
    network = sandboxes.transport(vendor, tenant, hosts)
    with httpx.Client(transport=network, base_url=hosts["api"]) as made:
        yield made


def served(sandboxes, vendor, tenant, path="/count"):
    call = Call(
        method="POST", host="api", path=path, parts={}, query=(), headers={}, body=b"", base="b"
    )
    return sandboxes.serve(vendor, tenant, call)


def test_a_call_over_http_and_one_in_process_see_the_same_world(sandboxes, client, vendor, tenant):
    inside = client.post("/count").json()
    served(sandboxes, vendor, tenant)

    assert inside == {"count": 1, "base": f"https://desk.test/sandbox/{vendor}/{tenant}"}
    assert client.get("/count").json() == {"count": 2}


def test_calls_at_the_same_time_lose_nothing(sandboxes, vendor, tenant, client):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: served(sandboxes, vendor, tenant), range(30)))

    assert client.get("/count").json() == {"count": 30}


def test_a_world_that_others_change_without_pause_is_unavailable(store, vendor, tenant):
    shelf, others = StoreShelf(store, vendor), StoreShelf(store, vendor)

    def overtaken(state):
        others.change(tenant, lambda other: other.update(count=other["count"] + 1))
        state["count"] = -1

    with pytest.raises(Unavailable):
        shelf.change(tenant, overtaken)
    assert others.change(tenant, lambda state: state["count"]) > 0


def test_nothing_is_kept_of_work_that_failed(store, vendor, tenant):
    shelf = StoreShelf(store, vendor)

    def work(state):
        state["count"] = 99
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shelf.change(tenant, work)
    assert shelf.change(tenant, lambda state: state["count"]) == 0


def test_tenants_cannot_be_guessed_and_share_nothing(store, sandboxes, vendor, tenant):
    with store.transaction() as session:
        other = create(session, vendor)
    served(sandboxes, vendor, tenant)

    assert other != tenant
    assert len(other) >= 32
    assert sandboxes.credentials(vendor, other, "keys") == {"method": "keys", "count": "0"}
    assert sandboxes.credentials(vendor, tenant, "keys") == {"method": "keys", "count": "1"}


@pytest.mark.parametrize("name", ["", "nobody"])
def test_an_unknown_world_is_not_there(sandboxes, vendor, tenant, name):
    with pytest.raises(KeyError):
        served(sandboxes, vendor, name)
    with pytest.raises(KeyError):
        served(sandboxes, name, tenant)


def test_a_fault_is_acted_out_and_stands_in_the_journal(sandboxes, row, client, journal):
    sandboxes.fault(SYSTEM, row.id, "rate_limit")

    assert [client.get("/count").status_code for _ in range(3)] == [429, 429, 200]
    assert journal() == [("sandbox.fault", row.agent_id, row.id, {"name": "rate_limit"})]


def test_a_reply_lost_over_http_is_marked_for_the_door(sandboxes, vendor, tenant, row):
    sandboxes.fault(SYSTEM, row.id, "lose_reply")

    assert served(sandboxes, vendor, tenant).extensions["lost"]
    assert "lost" not in served(sandboxes, vendor, tenant).extensions


def test_unknown_faults_and_gestures_are_refused(sandboxes, row):
    with pytest.raises(Refusal) as fault:
        sandboxes.fault(SYSTEM, row.id, "expire_token")
    with pytest.raises(Refusal) as gesture:
        sandboxes.play(SYSTEM, row.id, "dance", {})

    assert fault.value.code == "sandbox.unknown_fault"
    assert gesture.value.code == "sandbox.unknown_gesture"


def viewer(row):
    return Actor(kind="staff", id="v", name="В", role=Role.VIEWER), row.id


def stranger(row):
    return Actor(kind="token", id="t", name="T", role=Role.ADMIN, agent_id="agt_other"), row.id


def nowhere(_row):
    return SYSTEM, "con_none"


@pytest.mark.parametrize(
    "act",
    [
        lambda sandboxes, *who: sandboxes.fault(*who, "rate_limit"),
        lambda sandboxes, *who: sandboxes.play(*who, "add", {"much": "2"}),
    ],
)
@pytest.mark.parametrize(
    "refusal",
    [
        (viewer, "people.forbidden"),
        (stranger, "people.other_agent"),
        (nowhere, "connections.not_found"),
    ],
)
def test_who_may_not_act_in_a_world_changes_nothing(sandboxes, row, client, journal, act, refusal):
    who, code = refusal
    with pytest.raises(Refusal) as refused:
        act(sandboxes, *who(row))

    assert refused.value.code == code
    assert client.get("/count").json() == {"count": 0}
    assert journal() == []


def test_a_live_connection_is_nothing_to_play_with(sandboxes, linked):
    live = linked(tenant="")

    with pytest.raises(Refusal) as refused:
        sandboxes.fault(SYSTEM, live.id, "rate_limit")

    assert refused.value.code == "sandbox.only_sandbox"


def test_gestures_are_offered_with_their_choices(sandboxes, vendor, tenant):
    [offer] = sandboxes.gestures(vendor, tenant)

    assert (offer.gesture.name, offer.choices) == ("add", {"much": {"2": "Two"}})


def test_a_gesture_sends_its_webhook_to_the_desk(sandboxes, row, client, jobs, door, journal):
    client.put("/hook", json={"url": HOOK})
    sent = sandboxes.play(SYSTEM, row.id, "add", {"much": "2"})
    jobs.drain()

    [delivery] = door.posted
    assert sent == 1
    assert (delivery.url, delivery.body, delivery.headers) == (HOOK, b"{}", {"x-count": "1"})
    assert client.get("/count").json() == {"count": 2}
    assert journal() == [("sandbox.gesture", row.agent_id, row.id, {"name": "add"})]


@pytest.mark.parametrize(
    "act",
    [
        lambda sandboxes, row: served(sandboxes, row.provider, row.tenant),
        lambda sandboxes, row: sandboxes.play(SYSTEM, row.id, "add", {"much": "2"}),
    ],
)
def test_a_world_does_not_change_without_the_webhook_of_the_change(
    sandboxes, row, client, jobs, journal, act
):
    client.put("/hook", json={"url": HOOK})
    jobs.dies_at = DELIVER
    with pytest.raises(SystemError):
        act(sandboxes, row)

    assert client.get("/count").json() == {"count": 0}
    assert jobs.waiting == []
    assert journal() == []


def test_a_webhook_is_posted_until_the_desk_takes_it(client, jobs, door):
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        door.answers = [0, 503, 429]
        client.put("/hook", json={"url": HOOK})
        client.post("/count")
        for _ in range(6):
            jobs.drain()
            clock.shift(timedelta(minutes=16))

    assert len(door.posted) == 4
    assert jobs.waiting == []


def test_a_webhook_nobody_takes_is_given_up(client, jobs, door, caplog):
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        door.answers = [500] * 20
        client.put("/hook", json={"url": HOOK})
        client.post("/count")
        for _ in range(12):
            jobs.drain()
            clock.shift(timedelta(minutes=16))

    assert len(door.posted) == 8
    assert jobs.waiting == []
    assert "given up" in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.test/hooks/secret-token",
        "https://desk.test.evil.test/hooks/secret-token",
        "https://desk.test@evil.test/secret-token",
        "http://desk.test/hooks/secret-token",
        "http://169.254.169.254/secret-token",
    ],
)
def test_a_sandbox_calls_nobody_but_the_desk(client, jobs, door, caplog, url):
    client.put("/hook", json={"url": url})
    with caplog.at_level(logging.DEBUG):
        client.post("/count")
        jobs.drain()

    assert door.posted == []
    assert jobs.waiting == []
    assert "dropped" in caplog.text
    assert "secret-token" not in caplog.text
