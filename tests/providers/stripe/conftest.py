"""An account in a fresh sandbox: in process for quirks, over real HTTP for the witness."""

from dataclasses import dataclass, field

import httpx
import pytest

from dashboard.contracts.events import Request
from dashboard.kit.access import Access
from dashboard.kit.sandbox import Emitted, MemoryShelf, taken
from providers.stripe import client as stripe
from providers.stripe import streams
from providers.stripe.sandbox import sandbox
from tests.serving import serving

BASE = "http://desk.test/sandbox/stripe/t"
HOSTS = {"api": f"{BASE}/api", "pay": f"{BASE}/pay"}


class Counting(httpx.BaseTransport):
    def __init__(self, inner):
        self.inner, self.requests = inner, []

    def handle_request(self, request):
        self.requests.append(request)
        return self.inner.handle_request(request)


@dataclass
class World:
    shelf: MemoryShelf = field(default_factory=lambda: MemoryShelf(sandbox))
    emitted: list[Emitted] = field(default_factory=list)
    settings: dict = field(default_factory=lambda: {"account_currency": "eur"})

    def __post_init__(self):
        inner = sandbox.transport(self.shelf, "t", HOSTS, base=BASE, deliver=self.emitted.extend)
        self.network = Counting(inner)

    def change(self, work):
        return self.shelf.change("t", work)

    @property
    def key(self):
        return self.change(lambda state: state["key"])

    @property
    def client(self):
        return self.connect({"api_key": self.key})

    def connect(self, credentials, instead=None):
        transport = httpx.MockTransport(instead) if instead else self.network
        access = Access(
            credentials=credentials, settings=self.settings, hosts=HOSTS, transport=transport
        )
        return stripe.connect(access)

    def rows(self, kind):
        return self.change(lambda state: state["objects"].get(kind, {}))

    def play(self, gesture, **values):
        def work(state):
            sandbox.gestures[gesture].run(state, values, BASE)
            return taken(state)

        sent = self.change(work)
        self.emitted += sent
        return sent

    def fault(self, name):
        self.change(lambda state: sandbox.fault(state, name))

    def pages(self, stream, cursor=None):
        return list(getattr(streams, stream)(self.client, cursor or {}))

    def browse(self, url, **form):
        method = "POST" if form else "GET"
        headers = {"accept": "text/html", "accept-language": "ru"}
        return httpx.Client(transport=self.network).request(
            method, url, data=form or None, headers=headers
        )


@pytest.fixture
def world():
    return World()


@pytest.fixture
def answering():
    """A client whose every call gets this answer."""

    def build(status, **answer):
        return World().connect(
            {"api_key": "sk_test_" + "a" * 24}, lambda _: httpx.Response(status, **answer)
        )

    return build


@pytest.fixture
def inbound():
    def build(delivery, **changes):
        headers = {name.lower(): value for name, value in delivery.headers.items()}
        headers |= changes.get("headers", {})
        body = changes.get("body", delivery.body)
        return Request(method="POST", headers=headers, body=body)

    return build


@pytest.fixture
def served(world):
    """Where the sandbox answers over HTTP: `{served}/<host><path>`."""
    with serving(stripe=world.shelf) as server:
        server.emitted = world.emitted
        yield f"{server.url}/stripe"
