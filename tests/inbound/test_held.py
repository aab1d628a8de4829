"""Events of a connection that must not work wait in order: seen, counted, released or dropped."""

from datetime import timedelta

import httpx
import pytest

from dashboard import clock
from dashboard.contracts.errors import Refusal
from dashboard.queries.traffic import Touch, Traffic
from dashboard.store.audit import AuditEntry
from dashboard.store.events import Event
from dashboard.store.records import Record
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR, VIEWER
from tests.pulse.vendor import deal

pytestmark = fixtures.on_both


@pytest.fixture
def traffic(desk):
    return Traffic(desk.store)


@pytest.fixture
def waiting(ear, desk):
    """Three events came while a login was missing."""
    desk.change(state="needs_reauth")
    for number, title in enumerate(("Первое", "Второе", "Третье"), 1):
        ear.call({"event": f"e{number}", "kind": "deal", "deal": deal(1, title=title)})
    desk.jobs.drain()
    return ear


def states(desk):
    return [event.state for event in desk.rows(Event)]


def journal(desk):
    return [(entry.action, entry.actor_kind, entry.detail) for entry in desk.rows(AuditEntry)]


@pytest.mark.usefixtures("waiting")
def test_what_waits_is_counted_and_says_for_what(desk, traffic):
    [row] = traffic.held([desk.connection_id])

    assert (row.count, row.waits_for, row.by_hand) == (3, "login", False)
    assert row.oldest_at < row.newest_at
    desk.change(state="active")
    assert traffic.held([desk.connection_id]) == []


def test_what_came_since_the_last_look_is_counted_too(ear, desk, traffic):
    desk.change(state="needs_reauth")
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})

    assert [row.count for row in traffic.held([desk.connection_id])] == [1]


def test_a_preview_shows_the_order_and_what_each_will_do(waiting, desk, traffic):
    waiting.call({"event": "e4", "kind": "gone", "id": 7}, {"event": "e5", "kind": "feed"})
    first = traffic.held_events(desk.connection_id, size=2)
    place = (first[-1].event.received_at, first[-1].event.id)
    rest = traffic.held_events(desk.connection_id, after=place, size=10)

    assert [one.event.vendor_id for one in [*first, *rest]] == ["e1", "e2", "e3", "e4", "e5"]
    assert first[0].touches == (Touch(how="save", stream="deals", external_id="1", title="Первое"),)
    assert rest[1].touches == (Touch(how="delete", stream="deals", external_id="7", title=""),)
    assert rest[2].touches == (Touch(how="read", stream="contacts", external_id="", title=""),)


def test_a_login_releases_everything_in_order_by_itself(waiting, desk):
    desk.change(state="active")
    waiting.call({"event": "e4", "kind": "deal", "deal": deal(1, title="Четвёртое")})
    desk.jobs.drain()

    assert states(desk) == ["done"] * 4
    events = desk.rows(Event)
    assert [e.processed_at for e in events] == sorted(e.processed_at for e in events)
    assert [record.title for record in desk.rows(Record)] == ["Четвёртое"]
    assert journal(desk) == [("events.released", "system", {"events": 3})]


def test_the_sweep_finds_what_waits_once_the_login_is_back(waiting, desk, time):
    desk.change(state="active")
    time.shift(60)
    waiting.inbound.sweep()
    desk.jobs.drain()

    assert states(desk) == ["done"] * 3


def test_an_event_whose_own_work_lost_the_login_goes_first_afterwards(ear, desk):
    desk.vendor.deals = {1: deal(1, title="Прочитано")}
    desk.vendor.instead = lambda _: httpx.Response(401)
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    ear.call({"event": "e2", "kind": "deal", "deal": deal(1, title="Позже")})
    desk.jobs.drain()
    assert states(desk) == ["held", "held"]

    desk.vendor.instead = lambda _: None
    desk.change(state="active")
    desk.jobs.enqueue("inbound.process", {"connection_id": desk.connection_id})
    desk.jobs.drain()
    assert states(desk) == ["done", "done"]
    assert [record.title for record in desk.rows(Record)] == ["Позже"]


def test_many_lost_logins_do_not_use_up_the_tries(ear, desk):
    desk.vendor.deals = {1: deal(1)}
    desk.vendor.instead = lambda _: httpx.Response(401)
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    for _ in range(10):
        desk.change(state="active")
        desk.jobs.enqueue("inbound.process", {"connection_id": desk.connection_id})
        desk.jobs.drain()
    desk.change(state="active")
    desk.vendor.instead = lambda _: httpx.Response(503)
    desk.jobs.enqueue("inbound.process", {"connection_id": desk.connection_id})
    desk.jobs.drain()

    [event] = desk.rows(Event)
    assert (event.state, event.attempts) == ("received", 1)


def test_held_by_hand_they_wait_after_the_login_until_a_person_releases_them(
    waiting, desk, time, traffic
):
    assert waiting.inbound.by_hand.hold(OPERATOR, desk.connection_id) == 3
    desk.change(state="active")
    waiting.call({"event": "e4", "kind": "deal", "deal": deal(1, title="Четвёртое")})
    time.shift(60)
    waiting.inbound.sweep()
    desk.jobs.drain()
    [row] = traffic.held([desk.connection_id])
    assert (row.count, row.waits_for, row.by_hand) == (4, "person", True)

    assert waiting.inbound.by_hand.release(OPERATOR, desk.connection_id) == 4
    desk.jobs.drain()
    assert states(desk) == ["done"] * 4
    assert [record.title for record in desk.rows(Record)] == ["Четвёртое"]
    told = [entry for entry in journal(desk) if entry[1] == "staff"]
    assert told == [
        ("events.held", "staff", {"events": 3}),
        ("events.released", "staff", {"events": 4}),
    ]


def test_released_before_the_login_they_go_on_at_the_login(waiting, desk):
    waiting.inbound.by_hand.hold(OPERATOR, desk.connection_id)
    waiting.inbound.by_hand.release(OPERATOR, desk.connection_id)
    desk.jobs.drain()
    assert states(desk) == ["held"] * 3

    desk.change(state="active")
    desk.jobs.enqueue("inbound.process", {"connection_id": desk.connection_id})
    desk.jobs.drain()
    assert states(desk) == ["done"] * 3


def test_a_dropped_event_does_nothing_and_does_not_come_back(waiting, desk):
    second = desk.rows(Event)[1].id
    assert waiting.inbound.by_hand.drop(OPERATOR, desk.connection_id, [second]) == 1
    desk.change(state="active")
    waiting.call({"event": "e2", "kind": "deal", "deal": deal(1, title="Второе")})
    desk.jobs.enqueue("inbound.process", {"connection_id": desk.connection_id})
    desk.jobs.drain()

    assert states(desk) == ["done", "dropped", "done"]
    assert journal(desk)[0] == ("events.dropped", "staff", {"events": 1, "ids": [second]})


def test_all_that_waits_is_dropped_at_once_and_may_be_replayed(waiting, desk):
    assert waiting.inbound.by_hand.drop(OPERATOR, desk.connection_id) == 3
    desk.change(state="active")
    assert states(desk) == ["dropped"] * 3

    waiting.inbound.replay(OPERATOR, desk.rows(Event)[0].id)
    desk.jobs.drain()
    assert states(desk) == ["done", "dropped", "dropped"]


def test_where_nothing_waits_nothing_is_dropped(ear, desk):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})

    with pytest.raises(Refusal) as refused:
        ear.inbound.by_hand.drop(OPERATOR, desk.connection_id)
    assert (refused.value.code, refused.value.status) == ("inbound.not_held", 409)
    assert states(desk) == ["received"]


@pytest.mark.parametrize("step", ["hold", "release", "drop", "replay_dead"])
def test_a_viewer_only_looks(waiting, desk, step):
    with pytest.raises(Refusal) as refused:
        getattr(waiting.inbound.by_hand, step)(VIEWER, desk.connection_id)

    assert refused.value.status == 403
    assert states(desk) == ["held"] * 3
    assert journal(desk) == []


@pytest.mark.parametrize("step", ["hold", "release", "drop", "replay_dead"])
def test_events_of_a_connection_that_is_over_are_left_alone(waiting, desk, step):
    desk.change(state="disconnected")

    with pytest.raises(Refusal) as refused:
        getattr(waiting.inbound.by_hand, step)(OPERATOR, desk.connection_id)
    assert (refused.value.code, refused.value.status) == ("inbound.disconnected", 409)
    assert Traffic(desk.store).held([desk.connection_id]) == []


def test_dead_events_say_why_and_are_replayed_together_in_order(ear, desk, time):
    desk.vendor.instead = lambda _: httpx.Response(400)
    ear.call({"event": "old", "kind": "deal", "id": 1})
    time.shift(timedelta(hours=2))
    since = clock.now() - timedelta(minutes=1)
    ear.call({"event": "e1", "kind": "deal", "id": 1}, {"event": "e2", "kind": "deal", "id": 2})
    desk.jobs.drain()
    assert {(e.state, e.error_code) for e in desk.rows(Event)} == {("dead", "rejected")}

    desk.vendor.instead = lambda _: None
    desk.vendor.calls.clear()
    desk.vendor.deals = {1: deal(1), 2: deal(2)}
    assert ear.inbound.by_hand.replay_dead(OPERATOR, desk.connection_id, since) == 2
    desk.jobs.drain()
    assert states(desk) == ["dead", "done", "done"]
    assert desk.vendor.calls == ["GET /deals/1", "GET /deals/2"]
    replayed = ("events.replayed", "staff", {"events": 2, "since": since.isoformat()})
    assert journal(desk)[-1] == replayed
