"""From the request to the records: nothing missing, nothing double, every stop resumable."""

import httpx
import pytest

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.store.audit import AuditEntry
from dashboard.store.records import Record
from dashboard.store.sync import StreamState, SyncRun
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR, VIEWER
from tests.pulse.vendor import UPDATED, contact, deal

pytestmark = fixtures.on_both


def run_once(desk, reason="button", **options):
    """Ask for a run and let it happen; the run as it ended."""
    run = desk.sync.request(OPERATOR, desk.connection_id, reason, **options)
    desk.jobs.drain()
    return desk.row(SyncRun, run.id)


def living(desk, stream):
    """Vendor ids of the records that are not deleted."""
    rows = desk.rows(Record)
    return sorted(r.external_id for r in rows if r.stream == stream and r.deleted_at is None)


@pytest.fixture
def filled(desk):
    desk.vendor.deals = {n: deal(n) for n in range(1, 6)}
    desk.vendor.contacts = {n: contact(n) for n in range(1, 4)}
    return desk


def test_the_first_run_brings_every_record_of_every_page(filled):
    run = run_once(filled, "first")

    assert run.state == "succeeded"
    assert (run.new, run.changed, run.deleted) == (8, 0, 0)
    assert living(filled, "deals") == ["1", "2", "3", "4", "5"]
    assert run.streams["deals"]["pages"] == 3
    assert filled.connection().last_sync_at is not None


def test_a_record_keeps_its_exact_values(filled):
    run_once(filled)

    saved = filled.row(Record, (filled.connection_id, "deals", "1"))
    assert saved.fields["amount"] == "100.5"
    assert saved.fields["tags"] == ["vip"]
    assert saved.updated_at.timestamp() == UPDATED + 1
    assert "сделка 1" in saved.search


def test_a_second_run_reads_only_what_changed(filled):
    run_once(filled)
    filled.vendor.deals[5] |= {"stage": "Оплачено", "updated_at": UPDATED + 500}

    run = run_once(filled)
    assert (run.new, run.changed, run.deleted) == (0, 1, 0)


def test_zero_records_is_success(desk):
    run = run_once(desk)

    assert (run.state, run.new) == ("succeeded", 0)


def test_deletions_named_by_the_vendor_are_kept(filled):
    run_once(filled)
    filled.vendor.gone = ["2"]

    run = run_once(filled)
    assert run.deleted == 1
    assert living(filled, "contacts") == ["1", "3"]


def test_a_full_resync_notices_silent_deletions_and_is_never_empty(filled):
    run_once(filled)
    del filled.vendor.deals[3]
    seen = []

    def look(_request):
        seen.append(len(living(filled, "deals")))

    filled.vendor.instead = look
    filled.sync.resync(OPERATOR, filled.connection_id, only=["deals"])
    filled.jobs.drain()

    assert min(seen) == 5
    assert living(filled, "deals") == ["1", "2", "4", "5"]


def test_a_row_that_cannot_be_read_is_set_aside_and_not_deleted(filled):
    run_once(filled)
    filled.vendor.deals[2]["amount"] = "много"

    asked = filled.sync.resync(OPERATOR, filled.connection_id)
    filled.jobs.drain()
    run = filled.row(SyncRun, asked.id)
    assert (run.state, run.refused) == ("partial", 1)
    assert "2" in living(filled, "deals")


def test_a_worker_that_dies_between_pages_loses_and_doubles_nothing(filled):
    class Killed(BaseException):
        pass

    def die(request):
        if request.url.params.get("token") == "4":
            raise Killed

    filled.vendor.instead = die
    filled.sync.request(OPERATOR, filled.connection_id, "button")
    [job] = filled.jobs.of("sync.run")
    with pytest.raises(Killed):
        filled.jobs.run(job)
    filled.vendor.instead = lambda _: None
    filled.jobs.run(job)

    run = filled.rows(SyncRun)[-1]
    assert (run.state, run.new) == ("succeeded", 8)
    assert filled.vendor.calls.count("GET /deals") == 4


def test_a_zombie_that_comes_back_changes_nothing(filled):
    filled.sync.request(OPERATOR, filled.connection_id, "button")
    [job] = filled.jobs.of("sync.run")

    def overtake(_request):
        filled.vendor.instead = lambda _: None
        filled.jobs.run(job)

    filled.vendor.instead = overtake
    filled.jobs.run(job)

    run = filled.rows(SyncRun)[-1]
    assert (run.state, run.new) == ("succeeded", 8)
    assert len(filled.rows(SyncRun)) == 1


def test_an_outdated_job_of_a_run_does_nothing(filled):
    filled.sync.request(OPERATOR, filled.connection_id, "button")
    [job] = filled.jobs.of("sync.run")
    filled.jobs.drain()
    calls = len(filled.vendor.calls)

    filled.jobs.run(job)
    assert len(filled.vendor.calls) == calls


def test_a_long_reading_goes_on_in_further_jobs(filled, monkeypatch):
    monkeypatch.setattr("dashboard.sync.turn.PAGES_A_TURN", 2)

    run = run_once(filled)
    assert (run.state, run.new) == ("succeeded", 8)
    assert filled.jobs.done.count("sync.run") >= 2


def test_a_full_reading_that_fills_its_turn_is_not_begun_again(filled, monkeypatch):
    filled.vendor.contacts.clear()
    monkeypatch.setattr("dashboard.sync.turn.PAGES_A_TURN", 3)

    run = run_once(filled, only=["deals"])
    assert run.state == "succeeded"
    assert run.streams["deals"]["pages"] == 3


def test_asking_twice_gives_the_one_live_run(filled):
    first = filled.sync.request(OPERATOR, filled.connection_id, "button")
    second = filled.sync.request(OPERATOR, filled.connection_id, "api")

    assert second.id == first.id
    assert len(filled.jobs.of("sync.run")) == 1


def test_a_switched_off_stream_is_not_read(filled):
    filled.change(settings={"sync_contacts": False})

    run = run_once(filled)
    assert set(run.streams) == {"deals"}
    assert living(filled, "contacts") == []


def test_cancel_stops_at_the_next_page_and_keeps_what_was_saved(filled):
    def ask(request):
        if request.url.params.get("token") == "2":
            filled.sync.cancel(OPERATOR, filled.connection_id)

    filled.vendor.instead = ask

    run = run_once(filled)
    assert run.state == "cancelled"
    assert living(filled, "deals") == ["1", "2", "3", "4"]


def test_a_cancelled_run_is_taken_up_by_the_next(filled):
    filled.sync.request(OPERATOR, filled.connection_id, "button")
    filled.sync.cancel(OPERATOR, filled.connection_id)
    filled.jobs.drain()

    run = run_once(filled)
    assert (run.state, run.new) == ("succeeded", 8)


def test_an_expired_cursor_leads_to_a_full_reading(filled, monkeypatch):
    from providers.pulse import streams

    run_once(filled)
    honest = streams.contacts

    def forgetful(client, cursor):
        if cursor:
            from dashboard.contracts.errors import Rejected

            raise Rejected(code="cursor_expired", status=410)
        yield from honest(client, cursor)

    monkeypatch.setattr(streams, "contacts", forgetful)
    del filled.vendor.contacts[1]

    run = run_once(filled)
    assert run.state == "succeeded"
    assert living(filled, "contacts") == ["2", "3"]


@pytest.mark.parametrize("role", [VIEWER])
def test_a_viewer_may_not_start_or_stop_anything(filled, role):
    with pytest.raises(Refusal) as refused:
        filled.sync.request(role, filled.connection_id, "button")

    assert refused.value.status == 403
    assert filled.jobs.waiting == []


def test_an_unconnected_account_is_refused_in_words(filled):
    filled.change(state="draft")

    with pytest.raises(Refusal) as refused:
        filled.sync.request(OPERATOR, filled.connection_id, "button")
    assert refused.value.code == "sync.not_connected"


def test_an_unknown_stream_is_refused_by_name(filled):
    with pytest.raises(Refusal) as refused:
        filled.sync.request(OPERATOR, filled.connection_id, "api", only=["leads"])

    assert refused.value.values == {"stream": "leads"}


def test_a_run_is_written_into_the_journal(filled):
    run_once(filled)

    entries = [e.action for e in filled.rows(AuditEntry)]
    assert entries == ["sync.requested", "sync.finished"]


def test_a_job_may_ask_as_the_system(filled):
    filled.jobs.enqueue("sync.request", {"connection_id": filled.connection_id, "reason": "first"})
    filled.jobs.drain()

    assert [run.state for run in filled.rows(SyncRun)] == ["succeeded"]
    assert filled.sync.request(SYSTEM, filled.connection_id, "schedule").state == "queued"


def test_the_cursor_is_saved_with_its_page(filled):
    def fail(request):
        if request.url.params.get("token") == "4":
            return httpx.Response(400)
        return None

    filled.vendor.instead = fail

    run_once(filled)
    state = filled.row(StreamState, (filled.connection_id, "deals"))
    assert state.cursor["page"] == 4
    assert living(filled, "deals") == ["1", "2", "3", "4"]
