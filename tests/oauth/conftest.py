import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.contracts.people import Actor, Role
from dashboard.oauth.refresh import owner
from dashboard.store.connections import Connection
from dashboard.store.leases import Lease
from tests import postgres
from tests.fixtures import links
from tests.oauth.vendor import vending

ADMIN = Actor(kind="staff", id="stf_0", name="Админ", role=Role.ADMIN)


@pytest.fixture
def desk(tmp_path):
    with links.desk(tmp_path) as made:
        yield made


@pytest.fixture
def pass_time(time_machine):
    """Let so much time pass; the clock goes on ticking."""
    return lambda span: time_machine.move_to(datetime.now(UTC) + span)


@pytest.fixture
def vendor():
    with vending() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def live(request, tmp_path, vendor):
    """A desk that reaches the strict vendor over HTTP, on either database."""
    url = "" if request.param == "sqlite" else postgres.migrated_database()
    with links.desk(tmp_path, url, provider_hosts={"acme": vendor.hosts}) as made:
        made.apps.save(ADMIN, "acme", "our-app", vendor.client_secret)
        yield made


@pytest.fixture
def linked(live):
    """A connection that works at the strict vendor."""
    row = live.begun(method="oauth", environment="live")
    signed_in(live, row)
    with live.store.transaction() as session:
        found = session.get_one(Connection, row.id)
        found.state, found.connected_at = "active", clock.now()
    return live.row(row.id)


def signed_in(desk, row):
    """Leave for the vendor and come back; the flow as it ended."""
    flow = desk.connect.authorize(links.ANNA, row.id, {"region": "eu"}, owner=links.BROWSER)
    state = parse_qs(urlsplit(flow.authorization_url).query)["state"][0]
    ended = desk.connect.finish_flow({"code": "a-code", "state": state}, links.BROWSER)
    assert ended.status == "done", ended.error_code
    return ended


def left_to_live(desk, row, span):
    """Let the kept access token have so much of its hour left."""
    ends = (clock.now() + span).isoformat()
    with desk.store.transaction() as session:
        kept = json.loads(desk.vault.open(session, owner(row.id), "credentials"))
        packed = json.dumps({**kept, "expires_at": ends})
        desk.vault.seal(session, owner(row.id), "credentials", packed)
        session.get_one(Connection, row.id).token_expires_at = clock.now() + span


def ended(desk, row):
    """Let the kept access token be over."""
    left_to_live(desk, row, timedelta(minutes=-1))


def leases_end(desk):
    """As if so much time had passed that every lease and pause is over."""
    with desk.store.transaction() as session:
        session.execute(sa.update(Lease).values(until=0.0))
