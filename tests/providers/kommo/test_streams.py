"""Reading goes by time of change: ties, moving rows, missing filters and deletions."""

import copy
from datetime import timedelta

import pytest

from providers.kommo.streams import fetch
from tests.contract.faults import Skewed

STREAMS = ("deals", "contacts", "companies", "tasks")


def ids(pages):
    return [record.external_id for page in pages for record in page.records]


def set_all(account, kind, **members):
    account.change(lambda state: [row.update(members) for row in state["rows"][kind]])


def touch(account, kind, place):
    """Change a row in the vendor's world; the newest change of all."""

    def work(state):
        newest = max(row["updated_at"] for row in state["rows"][kind])
        state["rows"][kind][place]["updated_at"] = newest + 100
        return str(state["rows"][kind][place]["id"])

    return account.change(work)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_second_reading_brings_only_what_changed(account, stream):
    kind = {"deals": "leads"}.get(stream, stream)
    cursor = account.pages(stream)[-1].cursor
    changed = touch(account, kind, 0)

    again = account.pages(stream, cursor)
    assert changed in ids(again)
    assert len(ids(again)) < 15
    assert not again[-1].complete


def test_rows_of_one_second_neither_loop_nor_skip(account):
    set_all(account, "leads", updated_at=1_800_000_000)

    pages = account.pages("deals")
    assert len(ids(pages)) == len(set(ids(pages))) == 268
    assert [page.complete for page in pages] == [False, False, True]


def test_rows_that_move_while_being_read_hide_no_other(account):
    reading = iter(account.part("streams").deals(account.client, {}))
    first = next(reading)
    for place in range(20):
        touch(account, "leads", place)

    rest = list(reading)
    assert len(set(ids([first, *rest]))) == 268


def test_a_reading_stopped_between_moving_rows_goes_on_whole(account):
    first = next(iter(account.part("streams").deals(account.client, {})))
    touch(account, "leads", 3)

    rest = account.pages("deals", first.cursor)
    assert len(set(ids([first, *rest]))) == 268
    assert rest[-1].complete


def test_an_account_that_ignores_filters_is_read_whole(account):
    account.change(lambda state: state.update(filters=False))

    pages = account.pages("deals")
    assert len(set(ids(pages))) == 268
    assert pages[-1].complete


def test_an_account_that_ignores_filters_is_not_read_whole_again(account):
    account.change(lambda state: state.update(filters=False))
    cursor = account.pages("deals")[-1].cursor
    changed = touch(account, "leads", 0)
    account.network.requests.clear()

    again = account.pages("deals", cursor)
    reads = [r for r in account.network.requests if r.url.path.endswith("/leads")]
    assert changed in ids(again)
    assert len(reads) == 2  # one to notice, one newest first


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_a_deleted_deal_is_noticed_whatever_the_vendors_clock_says(account, minutes):
    account.reconnect(Skewed(account.network, timedelta(minutes=minutes)))
    cursor = account.pages("deals")[-1].cursor
    account.play("delete_deal", {"deal": "3000"})

    page = account.pages("deals", cursor)[-1]
    assert page.deleted == ("3000",)
    assert fetch(account.client, "deals", "3000") is None


def test_a_deal_brought_back_is_not_reported_gone(account):
    cursor = account.pages("deals")[-1].cursor
    account.play("delete_deal", {"deal": "3000"})

    def restore(state):
        state["rows"]["leads"][0]["is_deleted"] = False
        back = {**state["events"][0], "id": "02", "type": "lead_restored"}
        state["events"].insert(0, back)

    account.change(restore)
    assert account.pages("deals", cursor)[-1].deleted == ()


def test_a_task_deleted_under_the_reading_skips_no_other(account):
    def many(state):
        rows = [copy.deepcopy(state["rows"]["tasks"][0]) for _ in range(400)]
        for place, row in enumerate(rows):
            row["id"] = 50_000 + place
        state["rows"]["tasks"] = rows

    account.change(many)
    reading = iter(account.part("streams").tasks(account.client, {}))
    first = next(reading)

    def remove(state):
        event = {"id": "03", "type": "task_deleted", "entity_id": 50_000}
        state["rows"]["tasks"].pop(0)
        state["events"].insert(0, {**event, "created_at": 4_000_000_000})

    account.change(remove)
    rest = list(reading)
    assert {str(50_001 + place) for place in range(399)} <= set(ids([first, *rest]))
    assert rest[-1].complete


def test_an_empty_account_is_read_successfully(account):
    account.change(lambda state: state["rows"].update(leads=[]))

    [page] = account.pages("deals")
    assert (page.records, page.complete, page.refused) == ((), True, ())


def test_names_amounts_and_fields_are_the_accounts_own(account):
    deal = next(d for d in account.records("deals") if d.external_id == "3001")

    assert (deal.pipeline, deal.stage, deal.currency) == ("Продажи", "Переговоры", "RUB")
    assert deal.contact_ids == ("2001",)
    assert deal.vendor_fields["81001"] == "Returning"
    assert len(deal.vendor_fields["81004"]) == len("2027-01-31")
    assert deal.url.endswith("/leads/detail/3001")


@pytest.mark.parametrize("external_id", ["999999", "abc", "", "../account"])
def test_what_is_not_there_is_gone(account, external_id):
    assert fetch(account.client, "deals", external_id) is None


def test_deletions_are_asked_for_by_their_lower_bound(account):
    cursor = account.pages("deals")[-1].cursor
    account.network.requests.clear()
    account.pages("deals", cursor)

    [asked] = [r.url.params for r in account.network.requests if r.url.path.endswith("/events")]
    assert set(asked) == {"page", "limit", "filter[type]", "filter[created_at][from]"}
