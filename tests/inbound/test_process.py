"""What came in becomes records, in order, once, and after any trouble."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from dashboard.contracts.errors import Refusal
from dashboard.inbound.process import MOST_TRIES
from dashboard.store.events import Event
from dashboard.store.receivers import Occurrence
from dashboard.store.records import Record
from dashboard.store.sync import SyncRun
from tests import fresh
from tests.pulse.desk import OPERATOR, VIEWER
from tests.pulse.vendor import UPDATED, contact, deal

# A database that cannot take one of the records.
REFUSE_DEAL_2 = """
CREATE TRIGGER refuse_deal_2 BEFORE INSERT ON record WHEN NEW.external_id = '2'
BEGIN SELECT RAISE(ABORT, 'refused'); END
"""


def titles(desk):
    return {r.external_id: r.title for r in desk.rows(Record) if r.deleted_at is None}


def announced(desk):
    """What receivers are to be told of, in order."""
    return [row.told for row in desk.rows(Occurrence)]


def states(desk):
    return [event.state for event in desk.rows(Event)]


def test_a_record_in_the_event_is_saved_without_asking_the_vendor(ear, desk):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drain()

    assert titles(desk) == {"1": "Сделка 1"}
    assert states(desk) == ["done"]
    assert desk.vendor.calls == []


def test_a_hint_makes_the_record_be_read_again(ear, desk):
    desk.vendor.deals = {7: deal(7)}
    ear.call({"event": "e1", "kind": "deal", "id": 7})
    desk.jobs.drain()

    assert titles(desk) == {"7": "Сделка 7"}
    assert desk.vendor.calls == ["GET /deals/7"]


def test_a_record_gone_at_the_vendor_is_deleted(ear, desk):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(7)})
    ear.call({"event": "e2", "kind": "deal", "id": 7})
    desk.jobs.drain()

    assert titles(desk) == {}


def test_a_named_deletion_needs_no_call(ear, desk):
    ear.call(
        {"event": "e1", "kind": "deal", "deal": deal(7)}, {"event": "e2", "kind": "gone", "id": 7}
    )
    desk.jobs.drain()

    assert titles(desk) == {}
    assert desk.vendor.calls == []


def test_a_hint_about_a_whole_stream_starts_a_targeted_run(ear, desk):
    desk.vendor.contacts = {1: contact(1)}
    ear.call({"event": "e1", "kind": "feed"})
    desk.jobs.drain()

    [run] = desk.rows(SyncRun)
    assert (run.reason, run.only, run.new) == ("webhook", ["contacts"], 1)


def test_many_hints_about_a_stream_lead_to_one_run(ear, desk, time):
    for n in range(5):
        ear.call({"event": f"e{n}", "kind": "feed"})
    time.shift(1)
    desk.jobs.drain()

    assert len(desk.rows(SyncRun)) == 1
    time.shift(60)
    ear.call({"event": "later", "kind": "feed"})
    desk.jobs.drain()
    assert len(desk.rows(SyncRun)) == 2


def test_a_late_event_does_not_overwrite_a_newer_record(ear, desk):
    newer = deal(1, title="Новее", updated_at=UPDATED + 100)
    ear.call({"event": "e1", "kind": "deal", "deal": newer})
    ear.call({"event": "e2", "kind": "deal", "deal": deal(1, title="Старее")})
    desk.jobs.drain()

    assert titles(desk) == {"1": "Новее"}
    assert states(desk) == ["done", "done"]


def test_events_wait_for_the_login_and_then_go_on_in_order(ear, desk, time):
    desk.change(state="needs_reauth")
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1, title="Первое")})
    ear.call({"event": "e2", "kind": "deal", "deal": deal(1, title="Второе")})
    desk.jobs.drain()
    assert states(desk) == ["held", "held"]

    time.shift(3600)
    desk.change(state="active")
    ear.inbound.sweep()
    desk.jobs.drain()
    assert titles(desk) == {"1": "Второе"}
    assert states(desk) == ["done", "done"]


def test_a_login_lost_on_the_way_holds_the_event(ear, desk, time):
    desk.vendor.deals = {1: deal(1)}
    desk.vendor.instead = lambda _: httpx.Response(401)
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    desk.jobs.drain()
    assert desk.connection().state == "needs_reauth"
    assert states(desk) == ["held"]

    desk.vendor.instead = lambda _: None
    desk.change(state="active")
    time.shift(60)
    ear.inbound.sweep()
    desk.jobs.drain()
    assert titles(desk) == {"1": "Сделка 1"}


def test_an_event_whose_job_was_lost_is_found_by_the_sweep(ear, desk, time):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drop("inbound.process")

    time.shift(5)
    ear.inbound.sweep()
    assert desk.jobs.of("inbound.process") == []
    time.shift(10)
    ear.inbound.sweep()
    desk.jobs.drain()
    assert states(desk) == ["done"]


def test_an_outage_is_waited_for_without_burning_tries(ear, desk, time):
    desk.vendor.deals = {1: deal(1)}
    desk.vendor.instead = lambda _: httpx.Response(503)
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    desk.jobs.drain()
    for _ in range(3):
        ear.inbound.process(desk.jobs.of("inbound.process")[0])
    assert desk.rows(Event)[0].attempts == 1

    desk.vendor.instead = lambda _: None
    time.shift(timedelta(minutes=16))
    desk.jobs.drain()
    assert states(desk) == ["done"]


def test_an_event_the_vendor_always_refuses_dies_and_blocks_nobody(ear, desk):
    desk.vendor.instead = lambda request: (
        httpx.Response(400) if request.url.path == "/deals/1" else None
    )
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    ear.call({"event": "e2", "kind": "deal", "deal": deal(2)})
    desk.jobs.drain()

    assert states(desk) == ["dead", "done"]
    assert desk.rows(Event)[0].error_code == "rejected"


@fresh.sqlite_only
def test_an_event_that_breaks_the_work_takes_no_other_down_with_it(ear, desk):
    desk.connect("webhook")
    with desk.store.transaction() as session:
        session.connection().execute(sa.text(REFUSE_DEAL_2))
    ear.call(*({"event": f"e{n}", "kind": "deal", "deal": deal(n)} for n in (1, 2, 3)))
    [job] = desk.jobs.of("inbound.process")
    with pytest.raises(IntegrityError):
        desk.jobs.run(job)
    after_one = states(desk)
    with pytest.raises(IntegrityError):
        desk.jobs.run(job)
    after_two = states(desk)
    for _ in range(MOST_TRIES - 2):
        with pytest.raises(IntegrityError):
            desk.jobs.run(job)
    desk.jobs.run(job)

    # All three fail together, then each goes alone: the first takes effect at once.
    assert after_one == ["processing", "processing", "processing"]
    assert after_two == ["done", "processing", "processing"]
    assert states(desk) == ["done", "dead", "done"]
    assert [event.error_code for event in desk.rows(Event)] == ["", "inbound.crashed", ""]
    assert titles(desk) == {"1": "Сделка 1", "3": "Сделка 3"}
    assert [told["changes"] for told in announced(desk)] == [[["1", "new"]], [["3", "new"]]]


def test_an_event_dies_after_its_tries(ear, desk, time):
    desk.vendor.instead = lambda _: httpx.Response(503)
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    for _ in range(9):
        desk.jobs.drain()
        time.shift(timedelta(minutes=16))

    assert states(desk) == ["dead"]


def test_a_replay_of_the_same_data_changes_nothing(ear, desk, time):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drain()
    [before] = desk.rows(Record)
    [event] = desk.rows(Event)

    time.shift(60)
    ear.inbound.replay(OPERATOR, event.id)
    desk.jobs.drain()
    assert desk.rows(Record) == [before]
    assert states(desk) == ["done"]


def test_a_dead_event_is_replayed_to_life(ear, desk):
    desk.vendor.instead = lambda _: httpx.Response(400)
    ear.call({"event": "e1", "kind": "deal", "id": 1})
    desk.jobs.drain()

    desk.vendor.instead = lambda _: None
    desk.vendor.deals = {1: deal(1)}
    ear.inbound.replay(OPERATOR, desk.rows(Event)[0].id)
    desk.jobs.drain()
    assert states(desk) == ["done"]
    assert titles(desk) == {"1": "Сделка 1"}


def test_an_event_under_way_is_not_replayed(ear, desk):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})

    with pytest.raises(Refusal) as refused:
        ear.inbound.replay(OPERATOR, desk.rows(Event)[0].id)
    assert refused.value.code == "inbound.under_way"


def test_a_viewer_replays_nothing(ear, desk):
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drain()

    with pytest.raises(Refusal) as refused:
        ear.inbound.replay(VIEWER, desk.rows(Event)[0].id)
    assert refused.value.status == 403


def test_a_switched_off_stream_is_not_filled_by_events(ear, desk):
    desk.change(settings={"sync_deals": False})
    ear.call({"event": "e1", "kind": "deal", "deal": deal(1)})
    desk.jobs.drain()

    assert titles(desk) == {}
    assert states(desk) == ["done"]


def test_a_record_an_event_brought_survives_a_full_reading_under_way(ear, desk):
    desk.vendor.deals = {n: deal(n) for n in range(1, 6)}
    hidden = deal(99)

    def arrive(request):
        if request.url.params.get("token") == "2":
            desk.vendor.instead = lambda _: None
            ear.call({"event": "e1", "kind": "deal", "deal": hidden})
            desk.jobs.run(desk.jobs.of("inbound.process")[0])

    desk.vendor.instead = arrive
    desk.sync.request(OPERATOR, desk.connection_id, "first")
    desk.jobs.drain()
    assert "99" in titles(desk)
