"""Stripe's lists know no "updated since": all by list once, then by events."""

from datetime import timedelta
from itertools import pairwise

import pytest

from dashboard import clock
from dashboard.contracts.errors import Rejected
from dashboard.kit import moments
from providers.stripe import client, streams
from providers.stripe.manifest import MANIFEST

STREAMS = ["customers", "invoices", "payments", "payment_links", "refunds"]


def ids(pages):
    return [record.external_id for page in pages for record in page.records]


def cancel(world, payment):
    client.write(world.client, f"/v1/payment_intents/{payment}/cancel", key=f"c-{payment}")


@pytest.mark.parametrize("stream", STREAMS)
def test_full_reading_covers_several_pages_and_nothing_twice(world, stream):
    pages = world.pages(stream)

    assert len(pages) > 1
    assert len(set(ids(pages))) == len(ids(pages))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert not [page.refused for page in pages if page.refused]


@pytest.mark.parametrize("stream", STREAMS)
def test_reading_stopped_after_a_page_goes_on_with_the_next(world, stream):
    pages = world.pages(stream)
    rest = world.pages(stream, pages[-2].cursor)

    assert ids(rest) == ids(pages[-1:])


@pytest.mark.parametrize("stream", STREAMS)
def test_quiet_account_has_nothing_to_read_again(world, stream):
    last = world.pages(stream)[-1].cursor
    again = world.pages(stream, last)

    assert ids(again) == []
    assert not any(page.complete for page in again)


def test_change_during_the_full_reading_is_read_afterwards(world):
    reading = streams.payments(world.client, {})
    next(reading)
    [waiting] = [k for k, r in world.rows("payment_intent").items() if "status" not in r][-1:]
    cancel(world, waiting)
    last = list(reading)[-1]
    changed = world.pages("payments", last.cursor)

    assert waiting in ids(changed)


def test_many_events_are_read_over_pages_and_each_object_once(world):
    cursor = world.pages("payments")[-1].cursor
    made = [_new_payment(world, n) for n in range(25)]
    for payment in made:
        cancel(world, payment)
    pages = world.pages("payments", cursor)

    assert len(pages) > 5
    assert sorted(ids(pages)) == sorted(made)
    assert {r.status for page in pages for r in page.records} == {"cancelled"}
    assert ids(world.pages("payments", pages[-1].cursor)) == []


@pytest.mark.parametrize("stream", STREAMS)
def test_no_page_costs_more_calls_than_the_bucket_holds(world, stream):
    cursor = world.pages(stream)[-1].cursor
    for _ in range(12):
        world.play("pay_link")
    places = [len(world.network.requests)]
    for start in ({}, cursor):
        reading = getattr(streams, stream)(world.client, start)
        places += [len(world.network.requests) for _page in reading]

    costs = [after - before for before, after in pairwise(places)]
    assert max(costs) <= MANIFEST.limit.requests // 2


def test_stopped_reading_of_events_goes_on_and_ends_where_it_should(world):
    cursor = world.pages("payments")[-1].cursor
    made = [_new_payment(world, n) for n in range(25)]
    first = next(streams.payments(world.client, cursor))
    rest = world.pages("payments", first.cursor)

    assert set(ids([first, *rest])) == set(made)
    assert ids(world.pages("payments", rest[-1].cursor)) == []


def test_event_of_a_second_already_read_is_not_lost(world):
    cursor = world.pages("customers")[-1].cursor
    one = client.write(world.client, "/v1/customers", {"email": "a@example.com"}, key="1")
    after_one = world.pages("customers", cursor)
    two = client.write(world.client, "/v1/customers", {"email": "b@example.com"}, key="2")
    world.change(_same_second)
    after_two = world.pages("customers", after_one[-1].cursor)

    assert ids(after_one) == [one["id"]]
    assert ids(after_two) == [two["id"]]


def _same_second(state):
    events = list(state["objects"]["event"].values())
    events[-1]["created"] = events[-2]["created"]


def test_deleted_customers_are_gone_by_event_and_by_fetch(world):
    pages = world.pages("customers")
    victim = ids(pages)[3]
    world.client.call("DELETE", f"/v1/customers/{victim}")
    changed = world.pages("customers", pages[-1].cursor)

    assert [page.deleted for page in changed] == [(victim,)]
    assert streams.fetch(world.client, "customers", victim) is None


@pytest.mark.parametrize("stream", STREAMS)
def test_fetch_gives_the_record_of_the_list(world, stream):
    record = world.pages(stream)[0].records[0]

    assert streams.fetch(world.client, stream, record.external_id) == record
    assert streams.fetch(world.client, stream, "x_unknown") is None


def test_cursor_older_than_the_events_is_given_up(world, monkeypatch):
    cursor = world.pages("refunds")[-1].cursor
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(moments, "now", lambda: later)
    with pytest.raises(Rejected) as refused:
        world.pages("refunds", cursor)

    assert refused.value.code == "cursor_expired"
    assert world.pages("refunds")[-1].complete


def test_row_to_go_on_after_that_is_gone_gives_the_cursor_up(world):
    first = next(streams.customers(world.client, {}))
    world.client.call("DELETE", f"/v1/customers/{first.cursor['after']}")
    with pytest.raises(Rejected) as refused:
        world.pages("customers", first.cursor)

    assert refused.value.code == "cursor_expired"


def test_paid_link_is_paid_and_names_its_payment(world):
    cursor = world.pages("payment_links")[-1].cursor
    link = next(iter(world.rows("payment_link")))
    world.play("pay_link", link=link)
    [page] = world.pages("payment_links", cursor)

    [record] = page.records
    assert (record.external_id, record.status) == (link, "paid")
    assert record.payment_id in world.rows("payment_intent")


def test_currencies_keep_their_own_number_of_decimals(world):
    amounts = {r.currency: str(r.amount) for p in world.pages("payments") for r in p.records}

    assert "." not in amounts["JPY"]
    assert len(amounts["KWD"].split(".")[1]) == 3
    assert len(amounts["EUR"].split(".")[1]) == 2


def _new_payment(world, n):
    body = {"amount": 1000 + n, "currency": "eur"}
    return client.write(world.client, "/v1/payment_intents", body, key=f"n-{n}")["id"]
