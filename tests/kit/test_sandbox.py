"""A sandbox answers like a vendor, keeps its world as JSON, and acts out faults."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import time_machine

from dashboard.kit.sandbox import (
    FAULTS,
    Emitted,
    MemoryShelf,
    Refused,
    Sandbox,
    emit,
    taken,
    token,
)

HOOK = "http://desk.test/hooks/t"
HOSTS = {"api": "http://box.test/v1", "pages": "http://box.test/v1/pages", "auth": "https://a.test"}


def build():
    """A vendor that counts things and tells about them."""
    box = Sandbox(lambda: {"things": {}, "count": 0})

    @box.route("POST", "/things")
    def create(call, state):
        if not call.json.get("name"):
            raise Refused(httpx.Response(422, json={"error": "name"}))
        state["count"] += 1
        emit(state, Emitted(url=HOOK, body="событие".encode(), headers={"x-event": "made"}))
        return httpx.Response(201, json={"count": state["count"]})

    @box.route("GET", "/things/{id}")
    def one(call, state):
        return httpx.Response(200, json={"id": call.parts["id"], "seen": state["count"]})

    @box.route("GET", "/files/{path:path}")
    def file(call, _state):
        return httpx.Response(200, json={"path": call.parts["path"]})

    @box.route("GET", "/users('{id}')/$count")
    def odd(call, _state):
        return httpx.Response(200, json={"id": call.parts["id"]})

    @box.route("GET", "/v1.0/me")
    def dotted(_call, _state):
        return httpx.Response(200, json={})

    @box.route("GET", "/", host="pages")
    def page(call, _state):
        return httpx.Response(200, text=f"page at {call.base} for {call.q('name', 'nobody')}")

    return box


@pytest.fixture
def world():
    """A client in front of the vendor, and what the vendor sent."""
    box = build()
    shelf, sent = MemoryShelf(box), []
    network = box.transport(shelf, "t", HOSTS, base="http://box.test", deliver=sent.extend)
    with httpx.Client(transport=network) as client:
        client.shelf, client.box, client.sent = shelf, box, sent
        yield client


def fault(world, name):
    world.shelf.change("t", lambda state: world.box.fault(state, name))


def make(world, name="one"):
    return world.post("http://box.test/v1/things", json={"name": name})


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://box.test/v1/things/7", {"id": "7", "seen": 0}),
        ("http://box.test/v1/things/a%2Fb%40c", {"id": "a/b@c", "seen": 0}),
        ("http://BOX.test:80/v1/things/7", {"id": "7", "seen": 0}),
        ("http://box.test/v1/files/a/b.txt", {"path": "a/b.txt"}),
        ("http://box.test/v1/users('x')/$count", {"id": "x"}),
        ("http://box.test/v1/v1.0/me", {}),
    ],
)
def test_a_route_takes_its_parts_from_the_path(world, url, answer):
    assert world.get(url).json() == answer


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "http://box.test/v1/things"),
        ("GET", "http://box.test/v1/things/7/more"),
        ("GET", "http://box.test/v1/v1x0/me"),
        ("GET", "https://a.test/things/7"),
        ("DELETE", "http://box.test/v1/things/7"),
        ("GET", "http://elsewhere.test/things/7"),
        ("GET", "http://box.test/v10/things/7"),
    ],
)
def test_what_is_no_route_is_not_found(world, method, url):
    assert world.request(method, url).status_code == 404


def test_the_longer_host_wins_over_its_prefix(world):
    told = world.get("http://box.test/v1/pages/", params={"name": "Анна"}).text

    assert told == "page at http://box.test for Анна"


@pytest.mark.parametrize("origin", ["http://BOX.test:80/v1/", "http://box.test/v1"])
def test_hosts_may_be_written_in_any_way(origin):
    box = build()
    network = box.transport(MemoryShelf(box), "t", {"api": origin})

    with httpx.Client(transport=network) as client:
        assert client.get("http://box.test/v1/things/7").status_code == 200


def test_a_refusal_is_the_vendors_own_answer(world):
    refused = world.post("http://box.test/v1/things", json={})

    assert (refused.status_code, refused.json()) == (422, {"error": "name"})
    assert world.sent == []


def test_a_webhook_leaves_with_its_bytes_and_headers(world):
    make(world)

    [delivery] = world.sent
    assert (delivery.url, delivery.body.decode()) == (HOOK, "событие")
    assert delivery.headers == {"x-event": "made"}


@pytest.mark.parametrize("body", [b"", "ключ".encode(), bytes(range(256))])
def test_a_packed_webhook_keeps_every_byte(body):
    sent = Emitted(url=HOOK, body=body, headers={"a": "b"}, method="PUT")

    assert Emitted.unpacked(sent.packed()) == sent


def test_a_rate_limit_ends_after_two_calls(world):
    fault(world, "rate_limit")

    assert [make(world).status_code for _ in range(3)] == [429, 429, 201]


def test_an_outage_ends_by_itself(world):
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        fault(world, "outage")
        during = make(world).status_code
        clock.shift(21)
        after = make(world).status_code

    assert (during, after) == (503, 201)


def test_pages_for_people_stay_up_during_an_outage(world):
    fault(world, "outage")
    shown = world.get("http://box.test/v1/pages/", headers={"accept": "text/html,*/*"})

    assert shown.status_code == 200


def test_a_lost_reply_is_lost_after_the_work_was_done_and_only_once(world):
    fault(world, "lose_reply")
    read = world.get("http://box.test/v1/things/7").status_code
    with pytest.raises(httpx.ReadTimeout):
        make(world)

    assert read == 200
    assert make(world).json() == {"count": 2}
    assert len(world.sent) == 2


def test_a_doubled_webhook_is_the_same_twice_and_only_once(world):
    fault(world, "double_webhook")
    make(world)
    make(world)

    assert len(world.sent) == 3
    assert world.sent[0] == world.sent[1]


def test_faults_that_nobody_wrote_are_not_offered(world):
    plain = world.box.faults()
    world.box.on_fault("revoke")(lambda state: state.update(gone=True))

    assert plain == ("rate_limit", "outage", "lose_reply", "double_webhook")
    assert set(world.box.faults()) == set(FAULTS) - {"expire_token"}


def test_a_gesture_changes_the_world_and_sends_webhooks(world):
    @world.box.gesture("add")
    def add(state, values, base):
        state["things"][values["name"]] = base
        emit(state, Emitted(url=HOOK, body=b"{}", headers={}))

    def work(state):
        world.box.gestures["add"].run(state, {"name": "n"}, "http://box.test")
        return taken(state)

    sent = world.shelf.change("t", work)
    assert len(sent) == 1
    assert world.shelf.states["t"]["things"] == {"n": "http://box.test"}
    assert world.shelf.states["t"]["outbox"] == []


def test_nothing_is_kept_of_work_that_failed(world):
    def work(state):
        state["count"] = 99
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.shelf.change("t", work)

    assert world.get("http://box.test/v1/things/1").json()["seen"] == 0


def test_a_world_in_memory_is_json_as_in_the_database(world):
    world.shelf.change("t", lambda state: state["things"].update({7: (1, 2)}))

    assert world.shelf.states["t"]["things"] == {"7": [1, 2]}
    with pytest.raises(TypeError):
        world.shelf.change("t", lambda state: state.update(odd={1, 2}))


def test_calls_at_the_same_time_lose_nothing(world):
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: make(world).json()["count"], range(40)))

    assert sorted(counts) == list(range(1, 41))


def test_tenants_have_worlds_of_their_own(world):
    make(world)

    assert world.shelf.change("other", lambda state: state["count"]) == 0


def test_tokens_are_random_and_of_the_asked_length():
    assert token("sk_", 40).startswith("sk_")
    assert len(token("", 40)) == 40
    assert token() != token()
