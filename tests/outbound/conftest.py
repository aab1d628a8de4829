"""A desk whose agent has Pulse and a receiver of webhooks that remembers what it got."""

import base64

import httpx
import pytest

from dashboard.outbound.outbound import Outbound
from dashboard.settings import Settings
from dashboard.vault import keys
from dashboard.vault.vault import Vault
from tests.pulse import fixtures

server, database, time = fixtures.server, fixtures.database, fixtures.time
desk = fixtures.desk
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
        self.vault = Vault(keys.load(Settings(data_dir=folder)))
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
def post(desk, tmp_path):
    return Post(desk, tmp_path)


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
