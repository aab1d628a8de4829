"""Faults of the network itself, over real sockets: a word each, and no worker held for ever."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from dashboard.contracts.errors import OutcomeUnknown, Rejected, Unavailable
from dashboard.kit import http
from dashboard.kit.access import Access
from dashboard.kit.egress import GuardedTransport
from dashboard.kit.http import Client
from dashboard.kit.post import post

SECRET = "not-a-real-token-0001"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
# Far above what the tests wait for, far below what a hanging worker would take.
PATIENCE_SECONDS = 15.0


@contextmanager
def vendor(speak):
    """A listener on a free port; `speak(socket, request)` answers each call. Gives its origin."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked, over = [], threading.Event()

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                asked.append(peer.recv(65_536))
                try:
                    speak(peer, over)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        over.set()
        listener.close()


def client(origin, call_seconds=http.CALL_SECONDS):
    access = Access(
        credentials={"token": SECRET},
        hosts={"api": origin},
        transport=GuardedTransport(trusted=(origin,)),
    )
    headers = {"authorization": f"Bearer {SECRET}"}
    return Client(access, headers=headers, call_seconds=call_seconds)


def word(made, method="GET"):
    """The failure of a call, and how long it took in seconds."""
    began = time.monotonic()
    with pytest.raises((Unavailable, OutcomeUnknown, Rejected)) as caught:
        made.call(method, "/leads")
    assert SECRET not in repr(caught.value)
    return caught.value, time.monotonic() - began


def silent(_peer, over):
    over.wait(PATIENCE_SECONDS)


def reset(peer, _over):
    """Half an answer, then a hard reset."""
    peer.sendall(HEAD + b'content-length: 1000\r\n\r\n{"half": ')
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def cut_short(peer, _over):
    peer.sendall(HEAD + b'content-length: 1000\r\n\r\n{"half": ')


def huge(peer, _over):
    peer.sendall(HEAD + b"connection: close\r\n\r\n")
    for _ in range(http.LARGEST_ANSWER // 1_048_576 + 8):
        peer.sendall(b" " * 1_048_576)


def body_drips(peer, over):
    """A byte now and then: no wait for it ever gets long."""
    peer.sendall(HEAD + b"content-length: 100000\r\n\r\n{")
    while not over.wait(0.05):
        peer.sendall(b" ")


def head_drips(peer, over):
    peer.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not over.wait(0.05):
        peer.sendall(b"a")


def elsewhere(location):
    def speak(peer, _over):
        head = f"HTTP/1.1 307 Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        peer.sendall(head.encode())

    return speak


@pytest.mark.parametrize(("method", "expected"), [("GET", Unavailable), ("POST", OutcomeUnknown)])
@pytest.mark.parametrize("speak", [reset, cut_short, huge])
def test_an_answer_that_breaks_off_or_never_ends_has_a_word(speak, method, expected):
    with vendor(speak) as (origin, _):
        error, _ = word(client(origin), method)

    assert isinstance(error, expected)


@pytest.mark.parametrize(("method", "expected"), [("GET", Unavailable), ("POST", OutcomeUnknown)])
@pytest.mark.parametrize("speak", [silent, body_drips, head_drips])
def test_a_call_has_an_end_however_slowly_it_is_answered(speak, method, expected):
    with vendor(speak) as (origin, asked):
        error, seconds = word(client(origin, call_seconds=0.5), method)

    assert isinstance(error, expected)
    assert len(asked) == 1
    assert seconds < PATIENCE_SECONDS


def test_nobody_listening_means_that_nothing_was_done():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        origin = f"http://127.0.0.1:{gone.getsockname()[1]}"
    error, _ = word(client(origin), "POST")

    assert isinstance(error, Unavailable)


def test_a_connection_that_is_never_accepted_times_out_as_not_done():
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(3)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    error, seconds = word(client(f"http://127.0.0.1:{full.getsockname()[1]}", 0.5), "POST")
    for one in (*waiting, full):
        one.close()

    assert isinstance(error, Unavailable)
    assert seconds < PATIENCE_SECONDS


def test_a_redirect_never_carries_credentials_elsewhere():
    with vendor(reset) as (other, asked), vendor(elsewhere(f"{other}/steal")) as (origin, _):
        error, _ = word(client(origin), "POST")

    assert (type(error), error.code, error.status) == (Rejected, "redirected", 307)
    assert asked == []


def test_after_a_broken_answer_the_next_call_works():
    answers = [reset, lambda peer, _: peer.sendall(HEAD + b'content-length: 9\r\n\r\n{"ok": 1}')]

    def next_answer(peer, over):
        answers.pop(0)(peer, over)

    with vendor(next_answer) as (origin, _):
        made = client(origin)
        word(made)
        assert made.get("/leads") == {"ok": 1}


@pytest.mark.parametrize("speak", [silent, body_drips, head_drips])
def test_a_receiver_that_drips_is_given_up(speak):
    with vendor(speak) as (origin, _):
        transport = GuardedTransport(trusted=(origin,))
        sent = post(origin, b"{}", {}, transport=transport, timeout_seconds=0.3)

    assert (sent.status, sent.error) in ((0, "ReadTimeout"), (200, ""))
    assert sent.duration_ms < PATIENCE_SECONDS * 1000
