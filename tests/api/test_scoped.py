"""A token of one agent learns nothing of another: what is not its own does not exist."""

import pytest

from dashboard import clock
from dashboard.contracts.people import SYSTEM, Role
from dashboard.store.actions import ActionRun
from dashboard.store.connections import Connection, OAuthFlow
from dashboard.store.events import Delivery, Event
from dashboard.store.sync import SyncRun
from tests.app.desks import program


@pytest.fixture
def others(desk):
    """Ids of an event, a delivery, an action run, a sync run and a sign-in of another agent."""
    agent = desk.agents.create(SYSTEM, "Другой").id
    with desk.store.transaction() as session:
        link = Connection(agent_id=agent, provider="telegram", state="active")
        session.add(link)
        session.flush()
        mine = {"connection_id": link.id}
        rows = {
            "event": Event(**mine, vendor_id="v1", name="message.received", vendor_name="m"),
            "delivery": Delivery(**mine, source="s1", event_type="message.received", body=b"{}"),
            "action": ActionRun(
                **mine, agent_id=agent, provider="telegram", action="send_text", key="k", digest="d"
            ),
            "run": SyncRun(**mine, reason="button"),
            "flow": OAuthFlow(
                **mine,
                state_hash="h",
                owner="o",
                redirect_uri="r",
                authorization_url="u",
                expires_at=clock.now(),
            ),
        }
        session.add_all(rows.values())
        return {"agent": agent, **{name: row.id for name, row in rows.items()}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/events/{event}/replay"),
        ("POST", "/api/deliveries/{delivery}/resend"),
        ("GET", "/api/actions/{action}"),
        ("GET", "/api/agents/{agent}/integrations/telegram/sync/runs/{run}"),
        ("GET", "/api/flows/{flow}"),
    ],
)
def test_what_belongs_to_another_agent_does_not_exist(desk, agent, others, method, path):
    scoped, free = program(desk, Role.ADMIN, agent), program(desk, Role.ADMIN)
    address = path.format(**others)
    refused = scoped.request(method, address)
    made_up = scoped.request(method, path.format(**dict.fromkeys(others, "none_1")))

    assert (refused.status_code, made_up.status_code) == (404, 404)
    assert refused.json()["code"] == made_up.json()["code"]
    assert free.request(method, address).status_code != 404
