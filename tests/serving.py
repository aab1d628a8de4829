"""Sandboxes over real HTTP, for official clients and for hosts that were moved."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from dashboard.kit.sandbox import Call, Emitted, MemoryShelf

TENANT = "t"


class SandboxServer:
    """Sandboxes on a local port: `{url}/<provider>/<host><path>`.

    Keeps what they send by webhook in `emitted`, and what was asked in `asked`.
    """

    def __init__(self, shelves: dict[str, MemoryShelf]) -> None:
        self.shelves = shelves
        self.emitted: list[Emitted] = []
        self.asked: list[tuple[str, str, str]] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _door(self))
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        # Where the sandboxes believe to be: what links to their own pages begin with.
        self.base = self.url

    def answer(self, call: Call, provider: str) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of one call."""
        self.asked.append((provider, call.method, call.path))
        shelf = self.shelves[provider]
        response, emitted = shelf.sandbox.serve(shelf, TENANT, call)
        self.emitted += emitted
        headers = [(k, v) for k, v in response.headers.items() if k != "content-length"]
        headers.append(("content-length", str(len(response.content))))
        return response.status_code, headers, response.content


@contextmanager
def serving(**shelves: MemoryShelf) -> Iterator[SandboxServer]:
    """A server of these sandboxes by provider, for as long as the block lasts."""
    server = SandboxServer(shelves)
    thread = threading.Thread(target=server.http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def _door(server: SandboxServer) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def answer(self) -> None:
            split = urlsplit(self.path)
            _, provider, host, rest = (*split.path.split("/", 3), "")[:4]
            size = int(self.headers.get("content-length") or 0)
            call = Call(
                method=self.command,
                host=host,
                path=f"/{rest}",
                parts={},
                query=tuple(parse_qsl(split.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(size),
                base=f"{server.base}/{provider}",
            )
            status, headers, body = server.answer(call, provider)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Door
