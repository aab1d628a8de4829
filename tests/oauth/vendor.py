"""A vendor over real HTTP that is as strict as the strictest: a refresh token works once.

Its second use withdraws the whole grant (RFC 9700, 4.14.2), unless `grace` allows it.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from urllib.parse import parse_qs

LIFE = 3600


class Vendor:
    """Acme's token endpoint and API; the state is under one lock.

    `asked` holds the refresh tokens in the order they came, `revoked` the access tokens taken
    back. `before_answer` runs between the vendor's decision and its answer. While `busy` is set,
    reads are refused with these headers.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.client_secret = "vendor-app-secret"
        self.access: set[str] = set()
        self.refresh = self.previous = ""
        self.grace = self.withdrawn = False
        self.asked: list[str] = []
        self.issued: list[str] = []
        self.revoked: list[str] = []
        self.failures: list[tuple[int, str, dict[str, str]] | None] = []
        self.before_answer: Callable[[], None] = lambda: None
        self.skew_seconds = 0.0
        self.busy: dict[str, str] | None = None
        self.reads = 0
        self.http = _Server(("127.0.0.1", 0), _Door)
        self.http.vendor = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def hosts(self) -> dict[str, str]:
        """What the manifest's hosts are moved to."""
        return {"api": f"{self.url}/v1", "auth": f"{self.url}/auth"}

    def expire(self) -> None:
        """No access token works any more; the grant does."""
        with self.lock:
            self.access.clear()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """The token endpoint's decision."""
        with self.lock:
            if form.get("client_secret") != self.client_secret:
                return 401, {"error": "invalid_client"}
            if form["grant_type"] == "authorization_code":
                self.withdrawn = False
                return 200, self._issue()
            given = form["refresh_token"]
            self.asked.append(given)
            allowed = {self.refresh} | ({self.previous} if self.grace else set())
            if self.withdrawn or given not in allowed:
                self.withdrawn = True
                self.access.clear()
                return 400, {"error": "invalid_grant", "error_description": "Token was used."}
            return 200, self._issue()

    def _issue(self) -> dict[str, object]:
        access = f"vendor-access-{secrets.token_hex(8)}"
        self.previous, self.refresh = self.refresh, f"vendor-refresh-{secrets.token_hex(8)}"
        self.access.add(access)
        self.issued.append(access)
        return {"access_token": access, "refresh_token": self.refresh, "expires_in": LIFE}


@contextmanager
def vending() -> Iterator[Vendor]:
    """A vendor on a local port, for as long as the block lasts."""
    vendor = Vendor()
    thread = threading.Thread(target=vendor.http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        vendor.http.shutdown()
        vendor.http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    vendor: Vendor

    def handle_error(self, request, client_address):
        """Clients that were killed are expected."""


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        vendor = self.server.vendor
        if self.path.endswith("/revoke"):
            vendor.revoked.append(self._bearer())
            self._answer(200, "{}")
            return
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if form["grant_type"] == "refresh_token" and vendor.failures:
            self._fail(vendor.failures.pop(0))
            return
        status, answer = vendor.token(form)
        vendor.before_answer()
        self._answer(status, json.dumps(answer))

    def do_GET(self) -> None:
        vendor = self.server.vendor
        vendor.reads += 1
        if vendor.busy is not None:
            self._answer(429, "{}", vendor.busy)
            return
        if self._bearer() not in vendor.access:
            self._answer(401, '{"error": "invalid_token"}')
            return
        self._answer(200, '{"id": "acc-1", "name": "Acme of tests", "may_write": true}')

    def _bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def _fail(self, failure: tuple[int, str, dict[str, str]] | None) -> None:
        if failure is None:
            self.close_connection = True
            self.connection.close()
            return
        status, text, headers = failure
        self._answer(status, text, headers)

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        packed = text.encode()
        self.send_response_only(status)
        skewed = time() + self.server.vendor.skew_seconds
        self.send_header("date", formatdate(skewed, usegmt=True))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, *_: object) -> None:
        """Stay silent."""
