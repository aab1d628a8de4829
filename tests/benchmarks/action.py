"""What the desk adds to one action, over a bare call to the same local server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from statistics import median

import httpx

from tests.benchmarks.room import OPERATOR, Room, furnished
from tests.benchmarks.table import Line

CALLS, WARM = 200, 20


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; the second must not wait for the first's receipt.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"id": 1}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """The address of a vendor that agrees to everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def lines() -> list[Line]:
    """One line: milliseconds of an action and of the call inside it."""
    with (
        serving() as url,
        httpx.Client(base_url=url) as bare,
        furnished(provider_hosts={"bench": {"api": url}}) as room,
    ):
        calls = count()
        ours, theirs = _in_turns(
            lambda: _act(room, next(calls)),
            lambda: bare.post("/contacts", json={"name": "Анна", "key": "k"}).json(),
        )
    return [
        Line(
            what=f"action: journal, key and vault around a call, {ours - theirs:.1f} ms added",
            ours=f"{ours:.1f} ms",
            yardstick=f"{theirs:.1f} ms",
            ratio=f"{ours / theirs:.1f}",
            aim="< 5 ms added",
        )
    ]


def _act(room: Room, number: int) -> None:
    run = room.desk.actions.run(
        OPERATOR, room.agent_id, "bench", "create_contact", {"name": "Анна"}, key=f"k{number}"
    )
    assert run.state == "succeeded", run.error_code


def _in_turns(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    for _ in range(WARM):
        one()
        other()
    pairs = [(_milliseconds(one), _milliseconds(other)) for _ in range(CALLS)]
    ours, theirs = zip(*pairs, strict=True)
    return median(ours), median(theirs)


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
