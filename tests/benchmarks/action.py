"""What the desk adds to one action, over a bare call to the same local server."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from statistics import median
from tempfile import TemporaryDirectory

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


class _Least:
    """What no promise of "once" can do without: a claim and an outcome, each safe on the disk."""

    def __init__(self, folder: str, call: Callable[[], object]) -> None:
        self._call, self._keys = call, count()
        self._file = sqlite3.connect(f"{folder}/least.db", isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.execute("CREATE TABLE run (key TEXT PRIMARY KEY, answer TEXT)")

    def act(self) -> None:
        key = next(self._keys)
        self._file.execute("INSERT INTO run VALUES (?, '')", (key,))
        answer = json.dumps(self._call())
        self._file.execute("UPDATE run SET answer = ? WHERE key = ?", (answer, key))

    def close(self) -> None:
        self._file.close()


def lines() -> list[Line]:
    """An action against the call inside it, and against that call between two commits."""
    with (
        serving() as url,
        httpx.Client(base_url=url) as bare,
        furnished(provider_hosts={"bench": {"api": url}}) as room,
        TemporaryDirectory() as folder,
        closing(_Least(folder, lambda: _called(bare))) as least,
    ):
        calls = count()
        ours, theirs, needed = _in_turns(
            lambda: _act(room, next(calls)), lambda: _called(bare), least.act
        )
    return [
        Line(
            what=f"action: journal, key and vault around a call, {ours - theirs:.1f} ms added",
            ours=f"{ours:.1f} ms",
            yardstick=f"{theirs:.1f} ms",
            ratio=f"{ours / theirs:.1f}",
            aim="< 5 ms added",
        ),
        Line(
            what="action: against the same call between two durable commits",
            ours=f"{ours:.1f} ms",
            yardstick=f"{needed:.1f} ms",
            ratio=f"{ours / needed:.1f}",
            aim="",
        ),
    ]


def _called(bare: httpx.Client) -> object:
    return bare.post("/contacts", json={"name": "Анна", "key": "k"}).json()


def _act(room: Room, number: int) -> None:
    run = room.desk.actions.run(
        OPERATOR, room.agent_id, "bench", "create_contact", {"name": "Анна"}, key=f"k{number}"
    )
    assert run.state == "succeeded", run.error_code


def _in_turns(*works: Callable[[], object]) -> tuple[float, ...]:
    """The median of each, one call of each after the other."""
    for _ in range(WARM):
        for work in works:
            work()
    rounds = [[_milliseconds(work) for work in works] for _ in range(CALLS)]
    return tuple(median(column) for column in zip(*rounds, strict=True))


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
