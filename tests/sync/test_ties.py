"""Ten thousand records of one moment neither loop nor are skipped."""

import pytest

from dashboard.store.records import Record
from dashboard.store.sync import SyncRun
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR
from tests.pulse.vendor import UPDATED, deal

pytestmark = fixtures.on_both
RECORDS, PAGE = 10_000, 500


@pytest.fixture
def tied(desk):
    desk.vendor.page = PAGE
    desk.vendor.deals = {n: deal(n, updated_at=UPDATED) for n in range(RECORDS)}
    return desk


def read(desk):
    run = desk.sync.request(OPERATOR, desk.connection_id, "button", only=["deals"])
    desk.jobs.drain()
    return desk.row(SyncRun, run.id)


def test_all_of_them_are_read_page_by_page(tied):
    run = read(tied)

    assert (run.state, run.new) == ("succeeded", RECORDS)
    assert run.streams["deals"]["pages"] == RECORDS // PAGE
    assert len(tied.rows(Record)) == RECORDS


def test_reading_on_from_a_tie_ends_and_finds_one_more(tied):
    read(tied)
    tied.vendor.deals[RECORDS] = deal(RECORDS, updated_at=UPDATED)
    run = read(tied)

    assert (run.state, run.new, run.changed) == ("succeeded", 1, 0)
    assert run.streams["deals"]["pages"] == RECORDS // PAGE + 1


def test_a_turn_that_ends_inside_a_tie_goes_on_there(tied, monkeypatch):
    monkeypatch.setattr("dashboard.sync.turn.PAGES_A_TURN", 3)
    run = read(tied)

    assert (run.state, run.new) == ("succeeded", RECORDS)
    assert run.streams["deals"]["pages"] == RECORDS // PAGE
