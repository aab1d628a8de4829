"""A desk whose agent has Pulse and a receiver of webhooks that remembers what it got."""

import base64

import httpx
import pytest
import time_machine

from dashboard.outbound.outbound import Outbound
from dashboard.settings import Settings
from dashboard.store.base import Store
from dashboard.vault import cipher
from dashboard.vault.vault import Vault
from tests.pulse.desk import Desk, pulse_installed

URL = "https://receiver.example/hooks/agents"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


class Receiver(httpx.BaseTransport):
    """Answers with `status`; keeps every request."""

    def __init__(self):
        self.status, self.headers, self.text, self.requests = 200, {}, "ok", []
        self.failure = None

    def handle_request(self, request):
        request.read()
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return httpx.Response(self.status, headers=self.headers, text=self.text)


class Post:
    """The outbound room, its receiver, and how a change is published."""

    def __init__(self, desk, folder):
        self.desk, self.receiver = desk, Receiver()
        self.vault = Vault(cipher.load(Settings(data_dir=folder)))
        desk.reach.of["webhook"] = self.receiver
        desk.tokens.of["webhook"] = {"url": URL, "signing_secret": SECRET}
        self.outbound = Outbound(desk.store, desk.jobs, desk.opener, self.vault, desk.audit)
        self.outbound.register()
        self.listener = desk.connect("webhook", events=["deal.created", "deal.changed"])

    def sync(self):
        """Read Pulse once, and let everything follow from it."""
        from tests.pulse.desk import OPERATOR

        self.desk.sync.request(OPERATOR, self.desk.connection_id, "button")
        return self.desk.jobs.drain()


@pytest.fixture
def time():
    with time_machine.travel("2026-11-24 10:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(tmp_path, time):
    del time
    with pulse_installed():
        store = Store(f"sqlite:///{tmp_path / 'desk.db'}")
        yield Post(Desk(store), tmp_path)
        store.close()


@pytest.fixture
def desk(post):
    return post.desk


@pytest.fixture
def receiver(post):
    return post.receiver


@pytest.fixture
def told(post, desk, time):
    """One new deal after the first reading, published but not delivered."""
    from tests.pulse.vendor import UPDATED, deal

    desk.vendor.deals = {1: deal(1)}
    deliver = desk.jobs.handlers.pop("outbound.deliver")
    post.sync()
    time.shift(60)
    desk.vendor.deals[2] = deal(2, updated_at=UPDATED + 50)
    post.sync()
    desk.jobs.register("outbound.deliver", deliver)
    return post
