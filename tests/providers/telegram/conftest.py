"""A bot in a fresh sandbox: in process for quirks, over real HTTP for the witness."""

from dataclasses import dataclass, field

import httpx
import pytest

from dashboard.contracts.events import Request, Trust
from dashboard.contracts.messenger import SendText
from dashboard.kit.access import Access
from dashboard.kit.sandbox import Emitted, MemoryShelf, taken
from providers.telegram import actions, webhooks
from providers.telegram import client as telegram
from providers.telegram.sandbox import sandbox
from tests.serving import serving

BASE = "http://desk.test/sandbox/telegram/t"
HOOK = "http://desk.test/hooks/one-of-our-urls"
ANNA = "510000000"
SECRET = "Qf3-x_7Zk2mWn8Rb4Ls6"


@dataclass
class World:
    shelf: MemoryShelf = field(default_factory=lambda: MemoryShelf(sandbox))
    emitted: list[Emitted] = field(default_factory=list)
    settings: dict = field(default_factory=dict)

    def change(self, work):
        return self.shelf.change("t", work)

    @property
    def token(self):
        return self.change(lambda state: state["token"])

    @property
    def client(self):
        return self.connect({"bot_token": self.token})

    def connect(self, credentials, instead=None):
        hosts = {"api": f"{BASE}/api"}
        inner = sandbox.transport(self.shelf, "t", hosts, base=BASE, deliver=self.emitted.extend)
        transport = httpx.MockTransport(instead) if instead else inner
        access = Access(
            credentials=credentials, settings=self.settings, hosts=hosts, transport=transport
        )
        return telegram.connect(access)

    def play(self, gesture, **values):
        def work(state):
            sandbox.gestures[gesture].run(state, values, BASE)
            return taken(state)

        self.emitted += self.change(work)
        return self.emitted[-1] if self.emitted else None

    def say(self, text="Здравствуйте", chat=ANNA, **more):
        request = SendText(conversation_id=chat, text=text, **more)
        return actions.send_text.run(self.client, request, key="k")

    def listen(self, events=("message.received", "conversation.changed")):
        return webhooks.subscribe(self.client, HOOK, SECRET, events)

    def chats(self):
        return self.change(lambda state: state["chats"])

    def info(self):
        return telegram.read(self.client, "getWebhookInfo")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def answering():
    """A client whose every call gets this answer."""

    def build(status, **answer):
        return World().connect(
            {"bot_token": "123456:" + "A" * 35}, lambda _: httpx.Response(status, **answer)
        )

    return build


@pytest.fixture
def inbound():
    def build(delivery):
        return Request(
            method="POST",
            headers={name.lower(): value for name, value in delivery.headers.items()},
            body=delivery.body,
        )

    return build


@pytest.fixture
def trust():
    return Trust(secrets=(SECRET,))


@pytest.fixture
def served(world):
    """Where the sandbox answers over HTTP: `{served}/<host><path>`."""
    with serving(telegram=world.shelf) as server:
        server.emitted = world.emitted
        yield f"{server.url}/telegram"
