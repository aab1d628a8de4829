"""Pulse over real HTTP, able to hold its breath while a process is killed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.pulse.vendor import Pulse


class Served:
    """A vendor that counts effects.

    `pause`: empty, or "before" or "after" acting; then writes are answered only after `resume`.
    """

    def __init__(self) -> None:
        self.pulse, self.pause = Pulse(), ""
        self.notes: list[str] = []
        self.held = threading.Semaphore(0)
        self._lock, self._go_on = threading.Lock(), threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _door(self))
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        pausing = request.method == "POST" and self.pause
        if pausing == "before":
            self._hold()
            return httpx.Response(500)
        response = self._act(request)
        if pausing == "after":
            self._hold()
        return response

    def resume(self) -> None:
        self.pause = ""
        self._go_on.set()
        self._go_on = threading.Event()

    def _act(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            if request.url.path == "/notes":
                self.notes.append(json.loads(request.content)["text"])
            return self.pulse.handle_request(request)

    def _hold(self) -> None:
        go_on = self._go_on
        self.held.release()
        go_on.wait(60)


@contextmanager
def serving() -> Iterator[Served]:
    """A vendor for as long as the block lasts."""
    vendor = Served()
    threading.Thread(target=vendor.http.serve_forever, daemon=True).start()
    yield vendor
    vendor.resume()
    vendor.http.shutdown()
    vendor.http.server_close()


def _door(vendor: Served) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = httpx.Request(self.command, f"{vendor.url}{self.path}", content=body)
            response = vendor.answer(request)
            try:
                self.send_response(response.status_code)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(response.content)))
                self.end_headers()
                self.wfile.write(response.content)
            except ConnectionError:
                # Whoever asked is dead.
                self.close_connection = True

        do_GET = do_POST = _serve  # noqa: N815 - the names http.server calls

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    return Door
