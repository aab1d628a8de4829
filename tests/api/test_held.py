"""Events that wait, over the API: counted, previewed page by page, released, dropped."""

import pytest

from dashboard.contracts.people import SYSTEM, Role
from dashboard.store.connections import Connection
from dashboard.store.events import Event
from tests.app.desks import program


@pytest.fixture
def link(desk, api, agent):
    """A CRM connection that needs a login, and three events that wait for it."""
    path = f"/api/agents/{agent}/integrations/kommo/connect"
    answer = api.post(path, json={"environment": "sandbox", "method": "token"})
    assert answer.status_code == 201, answer.text
    mine = answer.json()["id"]
    with desk.store.transaction() as session:
        session.get_one(Connection, mine).state = "needs_reauth"
        session.add_all(event(mine, n, "held") for n in range(3))
    return mine


def event(connection_id, number, state):
    read = {"refetch": [["deals", str(number), False]]}
    return Event(
        connection_id=connection_id,
        vendor_id=f"e{number}",
        name="deal.changed",
        vendor_name="update_lead",
        state=state,
        work=read,
    )


def sign_in(desk, mine):
    with desk.store.transaction() as session:
        session.get_one(Connection, mine).state = "active"


def test_what_waits_is_listed_by_connection(api, agent, link):
    told = api.get("/api/events/held", params={"agent_id": agent}).json()

    assert [(h["connection_id"], h["count"], h["waits_for"]) for h in told["held"]] == [
        (link, 3, "login")
    ]
    assert api.get("/api/events/held").json() == told


def test_the_preview_comes_page_by_page_in_order(api, link):
    path = f"/api/events/held/{link}"
    first = api.get(path, params={"limit": 2}).json()
    rest = api.get(path, params={"cursor": first["next_cursor"]}).json()

    assert [e["state"] for e in first["events"]] == ["held", "held"]
    touches = [e["touches"][0] for e in [*first["events"], *rest["events"]]]
    assert [touch["external_id"] for touch in touches] == ["0", "1", "2"]
    assert touches[0] == {"how": "read", "stream": "deals", "external_id": "0", "title": ""}
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["WyJhIiwiYiJd", "WyIyMDI2LTAxLTAxIiwiYiJd", "x"])
def test_a_made_up_place_is_refused(api, link, cursor):
    answer = api.get(f"/api/events/held/{link}", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_cursor")


def test_held_by_hand_they_are_released_by_hand(desk, api, jobs, link):
    assert api.post(f"/api/events/held/{link}/hold").json() == {"events": 3}
    sign_in(desk, link)
    jobs.drain()
    [told] = api.get("/api/events/held").json()["held"]
    assert (told["count"], told["waits_for"], told["by_hand"]) == (3, "person", True)

    answer = api.post(f"/api/events/held/{link}/release")
    jobs.drain()
    assert (answer.status_code, answer.json()) == (202, {"events": 3})
    assert api.get("/api/events/held").json() == {"held": []}


def test_named_events_are_dropped(api, link):
    chosen = api.get(f"/api/events/held/{link}").json()["events"][1]["id"]

    answer = api.post(f"/api/events/held/{link}/drop", json={"event_ids": [chosen]})
    assert (answer.status_code, answer.json()) == (202, {"events": 1})
    assert [e["id"] for e in api.get("/api/events?state=dropped").json()["events"]] == [chosen]


def test_dead_events_are_replayed_together(desk, api, link):
    with desk.store.transaction() as session:
        for found in session.query(Event):
            found.state, found.processed_at = "dead", found.received_at
    path = f"/api/events/dead/{link}/replay"

    assert api.post(path, json={"since": "2030-01-01T00:00:00Z"}).json() == {"events": 0}
    assert api.post(path, json={"since": "2030-01-01T00:00:00"}).status_code == 422
    assert api.post(path, json={}).json() == {"events": 3}


def test_another_agents_token_finds_nothing(desk, link):
    other = program(desk, Role.ADMIN, desk.agents.create(SYSTEM, "Other").id)

    assert other.get("/api/events/held").json() == {"held": []}
    assert other.get(f"/api/events/held/{link}").status_code == 404
    assert other.post(f"/api/events/held/{link}/drop", json={}).status_code == 404
