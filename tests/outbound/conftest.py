"""A desk whose agent has Pulse and a receiver of webhooks that remembers what it got."""

import base64
import json

import httpx
import pytest

from dashboard.outbound.outbound import Outbound
from dashboard.settings import Settings
from dashboard.store import receivers
from dashboard.store.base import new_id
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.vault import keys
from dashboard.vault.vault import Vault
from tests.pulse import fixtures

server, database, time = fixtures.server, fixtures.database, fixtures.time
desk = fixtures.desk
URL = "https://receiver.example/hooks/agents"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


class Receiver(httpx.BaseTransport):
    """Answers with `status`, or with the one for that happening; keeps every request."""

    def __init__(self):
        self.status, self.headers, self.text, self.requests = 200, {}, "ok", []
        self.failure, self.statuses = None, {}

    def handle_request(self, request):
        request.read()
        self.requests.append(request)
        if self.failure:
            raise self.failure
        status = self.statuses.get(number_in(request), self.status)
        return httpx.Response(status, headers=self.headers, text=self.text)

    @property
    def numbers(self):
        """Which happenings it was told of, in order."""
        return [number_in(request) for request in self.requests]


def number_in(request):
    return json.loads(request.content)["data"].get("payload", {}).get("n")


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

    def happen(self, *numbers):
        """Deals were made, one after another; deliveries of them are queued, none is sent."""
        deliver = self.desk.jobs.handlers.pop("outbound.deliver", None)
        for number in numbers:
            with self.desk.store.transaction() as session:
                event = Event(
                    connection_id=self.desk.connection_id,
                    vendor_id=new_id("v"),
                    name="deal.created",
                    vendor_name="deal_new",
                    state="done",
                    payload={"n": number},
                )
                session.add(event)
                session.flush()
                receivers.announce(session, self.desk.connection_id, {"event_id": event.id})
        source = {"connection_id": self.desk.connection_id}
        self.desk.jobs.enqueue("outbound.publish", source)
        self.desk.jobs.drain()
        if deliver:
            self.desk.jobs.register("outbound.deliver", deliver)

    def change(self, **values):
        """Change the receiver's connection."""
        with self.desk.store.transaction() as session:
            row = session.get_one(Connection, self.listener)
            for name, value in values.items():
                setattr(row, name, value)

    def keep_order(self):
        self.change(settings={"keep_order": True})

    def states(self):
        """How deliveries stand, by happening."""
        rows = self.desk.rows(Delivery)
        return {json.loads(row.body)["data"]["payload"]["n"]: row.state for row in rows}

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
