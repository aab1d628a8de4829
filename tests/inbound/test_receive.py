"""A call is believed, made durable, and only then answered."""

import asyncio

import pytest
from pydantic_core import to_json

from dashboard.contracts.events import Request
from dashboard.store.events import Event
from tests.inbound.conftest import SECRET, TOKEN
from tests.pulse import fixtures
from tests.pulse.vendor import deal

pytestmark = fixtures.on_both


def test_an_authentic_call_is_stored_before_it_is_answered(ear, desk):
    assert ear.call({"event": "e1", "kind": "deal", "id": 1}) == 200

    [event] = desk.rows(Event)
    assert (event.vendor_id, event.name, event.state) == ("e1", "deal.changed", "received")
    assert desk.connection().last_event_at is not None
    assert len(desk.jobs.of("inbound.process")) == 1


def test_replayed_delivery_changes_nothing(ear, desk):
    for _ in range(3):
        assert ear.call({"event": "e1", "kind": "deal", "id": 1}) == 200

    assert len(desk.rows(Event)) == 1
    assert len(desk.jobs.of("inbound.process")) == 1


def test_the_same_event_twice_in_one_call_is_one_event(ear, desk):
    row = {"event": "e1", "kind": "deal", "id": 1}

    assert ear.call(row, row) == 200
    assert len(desk.rows(Event)) == 1


def test_the_same_event_id_of_two_connections_is_two_events(ear, desk):
    with desk.store.transaction() as session:
        from dashboard.store.agents import Agent

        session.add(Agent(id="agt_2", name="Второй"))
    other = desk.connect("pulse", agent_id="agt_2")
    with desk.store.transaction() as session:
        session.add(Event(connection_id=other, vendor_id="e1", name="deal.changed", vendor_name=""))

    ear.call({"event": "e1", "kind": "deal", "id": 1})
    assert len(desk.rows(Event)) == 2


def test_an_unknown_address_is_not_found(ear, desk):
    assert ear.call({"event": "e1", "kind": "deal"}, token="guessed") == 404
    assert desk.rows(Event) == []


def test_a_disconnected_address_is_gone(ear, desk):
    desk.change(state="disconnected")

    assert ear.call({"event": "e1", "kind": "deal"}) == 410
    assert desk.rows(Event) == []


def test_a_large_body_is_refused_unread(ear):
    assert ear.call(body=b"x" * 5000) == 413


def test_an_authentic_event_of_an_unknown_kind_is_kept(ear, desk):
    assert ear.call({"event": "e1", "kind": "weather"}) == 200

    assert [event.name for event in desk.rows(Event)] == ["unknown"]


def test_an_authentic_body_the_provider_cannot_read_is_kept_as_unknown(ear, desk):
    assert ear.call(body=b'{"surprise": 1}') == 200
    assert ear.call(body=b'{"surprise": 1}') == 200

    [event] = desk.rows(Event)
    assert (event.name, event.payload) == ("unknown", {"surprise": 1})


def test_a_body_of_no_form_at_all_is_refused(ear, desk):
    assert ear.call(body=b"\x00\xff nonsense") == 400
    assert desk.rows(Event) == []


def test_calls_that_arrive_together_share_commits_and_all_are_durable(ear, desk):
    async def many():
        calls = [
            Request(
                method="POST",
                headers={"x-pulse-secret": SECRET},
                body=b'{"events": [{"event": "e%d", "kind": "deal", "id": 1}]}' % n,
            )
            for n in range(60)
        ]
        return await asyncio.gather(*(ear.inbound.receive(TOKEN, call) for call in calls))

    answers = asyncio.run(many())
    assert {answer.status for answer in answers} == {200}
    assert len(desk.rows(Event)) == 60


@pytest.mark.parametrize("state", ["needs_reauth", "degraded"])
def test_events_are_taken_while_the_connection_is_in_trouble(ear, desk, state):
    desk.change(state=state)

    assert ear.call({"event": "e1", "kind": "deal", "deal": deal(1)}) == 200
    assert len(desk.rows(Event)) == 1


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"events": [{"event": "a\ud83d", "kind": "gone", "id": "\ud800"}]}',
        rb'{"events": [{"event": "a\u0000", "kind": "x\u0000", "id": "\u0000"}]}',
        b'{"events": [{"event": "a", "kind": "x", "n": NaN, "i": 1e999}]}',
        b'{"events": [{"event": "a", "kind": "x", "n": ' + b"[" * 300 + b"]" * 300 + b"}]}",
        b'{"events": [{"event": "a", "kind": ["deal"]}]}',
    ],
)
def test_what_no_database_keeps_stops_neither_this_event_nor_the_next(ear, desk, raw):
    assert ear.call(body=raw) == 200
    assert ear.call({"event": "next", "kind": "gone", "id": 7}) == 200

    desk.jobs.drain()
    first, following = desk.rows(Event)
    assert (first.state, following.state) == ("done", "done")
    assert to_json([first.payload, first.vendor_name, first.vendor_id])


@pytest.mark.parametrize("raw", [b"[" * 3000, b'{"events": ' * 300, b'{"n": ' + b"9" * 3900])
def test_a_body_that_cannot_be_parsed_at_all_is_malformed(ear, desk, raw):
    assert ear.call(body=raw) == 400
    assert desk.rows(Event) == []
