"""Kommo connected to a fresh sandbox, and the same sandbox over real HTTP."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from dashboard.kit.sandbox import Call, MemoryShelf
from providers.kommo.sandbox import sandbox
from tests.contract import bench


@pytest.fixture
def account():
    return bench.open_account("kommo", "token")


@pytest.fixture
def by_oauth():
    return bench.open_account("kommo", "oauth")


class Served:
    """A sandbox on a port of its own; what it sends by webhook is kept."""

    def __init__(self):
        self.shelf, self.emitted = MemoryShelf(sandbox), []
        server = self

        class Door(BaseHTTPRequestHandler):
            def answer(self):
                parts = urlsplit(self.path)
                size = int(self.headers.get("content-length") or 0)
                call = Call(
                    method=self.command,
                    host="api",
                    path=parts.path,
                    parts={},
                    query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(size),
                    base=server.url,
                )
                response, emitted = sandbox.serve(server.shelf, "t", call)
                server.emitted += emitted
                self.send_response(response.status_code)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(response.content)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

            def log_message(self, *_):
                """Stay silent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.credentials = self.shelf.change(
            "t",
            lambda state: {**sandbox.credentials(state, "oauth"), "token": state["token"]},
        )


@pytest.fixture
def served():
    server = Served()
    thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()
