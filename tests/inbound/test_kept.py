"""Ended events are kept as long as vendors may repeat them, and no longer."""

from datetime import timedelta

import pytest

from dashboard.store import retention
from dashboard.store.events import Event
from dashboard.store.records import Record
from tests.pulse import fixtures
from tests.pulse.vendor import deal

pytestmark = fixtures.on_both
LONGEST_REPEAT = timedelta(days=30)


def names(desk):
    return [event.vendor_id for event in desk.rows(Event)]


def test_an_event_repeated_after_a_month_is_still_known(ear, desk, time):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drain()
    [before] = desk.rows(Record)
    time.shift(LONGEST_REPEAT)
    ear.inbound.purge()

    assert ear.call({"event": "e1", "kind": "deal", "deal": deal(1, title="Подмена")}) == 200
    desk.jobs.drain()
    assert names(desk) == ["e1"]
    assert desk.rows(Record) == [before]


def test_ended_events_are_deleted_after_35_days_however_many(ear, desk, time, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    ear.call(*({"event": f"e{n}", "kind": "deal", "deal": deal(n)} for n in range(8)))
    desk.jobs.drain()
    time.shift(timedelta(days=35, minutes=1))
    ear.call({"event": "new", "kind": "deal", "deal": deal(9)})
    ear.inbound.purge()

    assert names(desk) == ["new"]


def test_a_repeat_of_a_deleted_event_overwrites_nothing_newer(ear, desk, time):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1, title="Старее")})
    desk.jobs.drain()
    time.shift(timedelta(days=36))
    newer = deal(1, title="Новее", updated_at=deal(1)["updated_at"] + 100)
    ear.call({"event": "e2", "kind": "deal", "deal": newer})
    desk.jobs.drain()
    ear.inbound.purge()
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1, title="Старее")})
    desk.jobs.drain()

    assert [record.title for record in desk.rows(Record)] == ["Новее"]


@pytest.mark.parametrize("state", ["needs_reauth", "active"])
def test_what_still_waits_is_never_deleted(ear, desk, time, state):
    desk.change(state=state, hold_events=True)
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drain()
    time.shift(timedelta(days=400))
    ear.inbound.purge()

    assert [(e.vendor_id, e.state) for e in desk.rows(Event)] == [("e1", "held")]


def test_what_waited_for_a_connection_that_is_over_is_deleted_in_its_time(ear, desk, time):
    desk.change(state="needs_reauth")
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.change(state="disconnected")
    ear.inbound.purge()
    assert names(desk) == ["e1"]

    time.shift(timedelta(days=36))
    ear.inbound.purge()
    assert names(desk) == []
