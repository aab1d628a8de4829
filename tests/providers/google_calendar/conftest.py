"""An account in a fresh sandbox: in process for quirks, over real HTTP for the witness."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from dashboard.kit.access import Access
from dashboard.kit.sandbox import Call
from providers.google_calendar import client as google
from providers.google_calendar.sandbox import sandbox
from tests.contract import bench


@pytest.fixture
def account():
    return bench.open_account("google_calendar", "oauth")


@pytest.fixture
def chosen(account):
    """The same account with other settings."""

    def build(**settings):
        opened = account.client.access
        account.client = google.connect(replace(opened, settings={**opened.settings, **settings}))
        return account

    return build


@pytest.fixture
def act(account):
    """Run an action on the account's present client."""

    def run(name, key="k1", **given):
        made = account.action(name)
        return made.run(account.client, made.takes.model_validate(given), key=key)

    return run


@pytest.fixture
def answering():
    """A client whose every call gets this answer."""

    def build(status, **answer):
        return google.connect(
            Access(
                credentials={"access_token": "ya29.a-very-secret-token", "refresh_token": "1//r"},
                settings={"primary_calendar": "anna@example.com", "time_zone": "Europe/Moscow"},
                hosts={"api": "https://google.test", "token": "https://token.test"},
                transport=httpx.MockTransport(lambda _: httpx.Response(status, **answer)),
            )
        )

    return build


@pytest.fixture
def served(account):
    with serving(account) as origin:
        yield SimpleNamespace(origin=origin, account=account)


@contextmanager
def serving(account):
    """The sandbox on a local port: `{origin}/<host><path>`."""

    class Door(BaseHTTPRequestHandler):
        def answer(self):
            split = urlsplit(self.path)
            _, host, rest = split.path.split("/", 2)
            size = int(self.headers.get("content-length", 0))
            call = Call(
                method=self.command,
                host=host,
                path=f"/{rest}",
                parts={},
                query=tuple(parse_qsl(split.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(size),
                base="http://127.0.0.1",
            )
            response, emitted = sandbox.serve(account.shelf, bench.TENANT, call)
            account.emitted.extend(emitted)
            self.send_response(response.status_code)
            kind = response.headers.get("content-type", "application/json")
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
