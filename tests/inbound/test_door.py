"""The webhook door as vendors, strangers and slow clients meet it, over a real socket."""

import asyncio
import hashlib
import json
import socket
import threading
from contextlib import closing
from datetime import timedelta

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router

from dashboard import clock
from dashboard.gate.body import BodyLimit
from dashboard.http.hooks import MOST_READING, HookDoor
from dashboard.http.patience import PatientProtocol
from dashboard.kit.signatures import StandardWebhooks
from dashboard.settings import Settings
from dashboard.store.events import Event
from tests.inbound.conftest import SECRET, TOKEN

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOD = {"x-pulse-secret": SECRET}
PATH = f"/hooks/{TOKEN}"


def body(*names):
    return json.dumps({"events": [{"event": n, "kind": "deal", "id": 1} for n in names]}).encode()


class Hasty(PatientProtocol):
    head_seconds, body_seconds = 0.5, 2.0


async def echo(request):
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def served(ear, tmp_path):
    """The port of a server with the door, a limited page behind it, and little patience."""
    settings = Settings(data_dir=tmp_path, public_url="http://desk.test")
    page = Router([Route("/page", echo, methods=["POST"])])
    app = HookDoor(BodyLimit(page, 4096, seconds=0.5), ear.inbound, settings, body_seconds=0.5)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Hasty, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


@pytest.fixture
def caller(served):
    with httpx.Client(base_url=f"http://127.0.0.1:{served}", timeout=20) as made:
        yield made


def said(port, raw):
    """All the server says to these bytes before it hangs up; the client itself sends no more."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as sent:
        sent.sendall(raw)
        heard = b""
        while part := sent.recv(65536):
            heard += part
    return heard


def test_a_signed_call_is_taken(caller, desk):
    answer = caller.post(PATH, content=body("e1"), headers=GOOD)

    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["cache-control"] == "no-store"
    assert [event.vendor_id for event in desk.rows(Event)] == ["e1"]


@pytest.mark.parametrize(
    ("method", "path", "call", "status"),
    [
        ("POST", "/hooks/guessed", (body("e1"), GOOD), 404),
        ("POST", "/hooks/guessed", (b"x" * 100_000, GOOD), 404),
        ("POST", PATH, (b"x" * 5000, GOOD), 413),
        ("POST", PATH, (body("e1"), {"x-pulse-secret": "guess"}), 401),
        ("POST", PATH, (b'{"events": [', GOOD), 400),
        ("POST", PATH, (b"", GOOD), 400),
        ("GET", PATH, (b"", {}), 401),
        ("PUT", PATH, (body("e1"), GOOD), 405),
        ("DELETE", PATH, (b"", GOOD), 405),
    ],
)
def test_what_is_no_webhook_is_told_so_and_leaves_nothing(caller, desk, method, path, call, status):
    answer = caller.request(method, path, content=call[0], headers=call[1])

    assert answer.status_code == status, answer.text
    assert answer.text
    assert desk.rows(Event) == []


def test_a_body_without_a_length_is_counted_as_it_comes(caller, desk):
    answer = caller.post(PATH, content=(b"x" * 1000 for _ in range(10)), headers=GOOD)

    assert answer.status_code == 413
    assert desk.rows(Event) == []


def test_a_call_with_many_events_is_taken_whole_or_not_at_all(caller, desk):
    raw = json.dumps({"events": [{"event": "e1", "kind": "deal", "id": 1}, {"oops": 1}]}).encode()

    assert caller.post(PATH, content=raw, headers=GOOD).status_code == 200
    # What is authentic but not understood is kept as one event, with nothing of it done.
    assert [event.name for event in desk.rows(Event)] == ["unknown"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"POST /hooks/x HTTP/1.1\r\nhost: d",
        b"POST /hooks/x HTTP/1.1\r\n" + b"x-a: " + b"a" * 70_000,
    ],
    ids=["silent", "half a head", "a head without end"],
)
def test_a_client_that_never_ends_its_headers_is_hung_up_on(served, raw):
    assert said(served, raw) == b""


@pytest.mark.parametrize(("path", "status"), [(PATH, b"408"), ("/page", b"408")])
def test_a_body_that_never_ends_is_not_waited_for(served, desk, path, status):
    head = f"POST {path} HTTP/1.1\r\nhost: desk\r\ncontent-length: 100\r\n\r\n".encode()

    assert said(served, head + b"{").split(b" ", 2)[1] == status
    assert desk.rows(Event) == []


def test_slow_clients_are_bounded_and_block_nobody(served, caller, desk):
    head = f"POST {PATH} HTTP/1.1\r\nhost: desk\r\ncontent-length: 100\r\n\r\n".encode()
    slow = [socket.create_connection(("127.0.0.1", served)) for _ in range(2 * MOST_READING)]
    for one in slow[:MOST_READING]:
        one.sendall(b"POST /page HTTP/1.1\r\nhost: desk\r\ncontent-length: 100\r\n\r\n{")
    answer = caller.post(PATH, content=body("e1"), headers=GOOD)
    for one in slow:
        one.sendall(head + b"{")
    for one in slow:
        one.close()

    assert answer.status_code == 200
    assert caller.post(PATH, content=body("e2"), headers=GOOD).status_code in (200, 503)
    assert [e.vendor_id for e in desk.rows(Event)][:1] == ["e1"]


def test_too_many_unfinished_calls_of_one_address_are_sent_away(ear, tmp_path):
    door = HookDoor(None, ear.inbound, Settings(data_dir=tmp_path), body_seconds=0.5)
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": []}

    async def crowd():
        statuses = []

        async def receive():
            await asyncio.sleep(60)

        async def send(message):
            statuses.extend([message["status"]] if "status" in message else [])

        await asyncio.gather(*(door(scope, receive, send) for _ in range(MOST_READING + 3)))
        return sorted(statuses)

    assert asyncio.run(crowd()) == [408] * MOST_READING + [503] * 3
    assert not door._reading


def test_a_megabyte_is_taken_and_more_is_not(ear):
    ear.inbound.largest_body = 1_048_576
    fits = json.dumps({"events": [], "fill": ""}).encode()
    whole = fits.replace(b'""', b'"' + b"x" * (1_048_576 - len(fits)) + b'"')

    assert len(whole) == 1_048_576
    assert ear.call(body=whole) == 200
    assert ear.call(body=whole + b" ") == 413


@pytest.mark.parametrize("age", [timedelta(days=3), timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_signed_call_replayed_after_its_time_is_refused(ear, desk, age):
    hashed = hashlib.sha256(b"standard").hexdigest()
    mine = desk.connect("webhook", hook_hash=hashed)
    with desk.store.transaction() as session:
        ear.vault.seal(session, f"connection:{mine}", "hook_secret", KEY)
    raw, signer = b'{"type": "order.paid"}', StandardWebhooks(secrets=[KEY])

    def replayed(at):
        from dashboard.contracts.events import Request

        headers = signer.sign("msg_1", raw, int(at.timestamp()))
        call = Request(method="POST", headers=headers, body=raw)
        return asyncio.run(ear.inbound.receive("standard", call)).status

    assert replayed(clock.now() - age) == 401
    assert desk.rows(Event) == []
    assert replayed(clock.now()) == 200
