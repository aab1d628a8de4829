"""A vendor that counts sees no period with more calls than it allows, from all processes."""

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PROCESSES, THREADS = 3, 6
REQUESTS, SECONDS = 30, 2.0


class Counting(ThreadingHTTPServer):
    """Notes when calls come; answers 429 to one too many."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Door)
        self.came, self.refused, self.lock = [], 0, threading.Lock()

    def admits(self):
        with self.lock:
            now = time.monotonic()
            recent = sum(1 for moment in self.came if moment > now - SECONDS)
            self.refused += recent >= REQUESTS
            self.came.append(now)
            return recent < REQUESTS


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response_only(200 if self.server.admits() else 429)
        self.send_header("content-length", "0")
        self.end_headers()


@pytest.fixture
def counting():
    server = Counting()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def greedy(store, counting):
    """Processes that call the vendor as fast as they may."""
    address = f"http://127.0.0.1:{counting.server_port}/"
    given = [store.url, address, str(REQUESTS), str(SECONDS), str(THREADS)]
    command = [sys.executable, "-m", "tests.jobs.greedy", *given]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **piped) for _ in range(PROCESSES)]
    assert [one.stdout.readline() for one in started] == ["ready\n"] * PROCESSES
    yield started
    for process in started:
        process.kill()
        process.communicate()


def test_no_period_sees_more_calls_than_the_vendor_allows(greedy, counting):
    for process in greedy:
        process.stdin.write("go\n")
        process.stdin.flush()
    codes = [process.wait(90) for process in greedy]

    assert codes == [0] * PROCESSES
    assert counting.refused == 0
    assert len(counting.came) >= REQUESTS
