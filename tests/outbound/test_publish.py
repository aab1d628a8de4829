"""Who listens is told of each change once, and only of what they chose."""

import json

import pytest

from dashboard.outbound.publish import LARGEST_BODY, body_of
from dashboard.outbound.words import event_word, fits
from dashboard.store import receivers
from dashboard.store.events import Delivery
from tests.pulse import fixtures
from tests.pulse.vendor import UPDATED, contact, deal


def bodies(desk):
    return [json.loads(delivery.body) for delivery in desk.rows(Delivery)]


def test_the_first_reading_is_no_news(post, desk):
    desk.vendor.deals = {1: deal(1)}
    post.sync()

    assert desk.rows(Delivery) == []


@pytest.mark.usefixtures("told")
def test_a_new_record_is_told(desk):
    [body] = bodies(desk)

    assert body["type"] == "deal.created"
    assert body["data"]["external_id"] == "2"
    assert body["data"]["record"]["title"] == "Сделка 2"
    assert body["timestamp"] == "2026-11-24T10:01:00Z"


@fixtures.on_both
def test_a_changed_record_is_told_and_an_unchanged_one_is_not(told, desk, time):
    time.shift(60)
    desk.vendor.deals[1] |= {"stage": "Оплачено", "updated_at": UPDATED + 900}
    told.sync()
    told.sync()

    assert [body["type"] for body in bodies(desk)] == ["deal.created", "deal.changed"]


def test_events_that_were_not_chosen_are_not_told(told, desk, time):
    time.shift(60)
    desk.vendor.contacts = {1: contact(1)}
    told.sync()
    time.shift(60)
    desk.vendor.contacts[2] = contact(2)
    told.sync()

    assert {body["type"] for body in bodies(desk)} == {"deal.created"}


@fixtures.on_both
def test_two_events_of_one_record_told_together_are_both_told(told, desk):
    told.change(events=["deal.changed", "deal.stage_changed"])
    with desk.store.transaction() as session:
        for word in ("deal.changed", "deal.stage_changed"):
            happened = {"stream": "deals", "changes": [["2", "changed"]], "word": word}
            receivers.announce(session, desk.connection_id, happened)
    desk.jobs.enqueue("outbound.publish", {"connection_id": desk.connection_id})
    desk.jobs.drain()

    in_line = sorted(desk.rows(Delivery), key=lambda delivery: delivery.position)
    assert [d.event_type for d in in_line[1:]] == ["deal.changed", "deal.stage_changed"]


@fixtures.on_both
@pytest.mark.usefixtures("told")
def test_a_repeated_job_makes_no_second_delivery(desk):
    changes = {"stream": "deals", "changes": [["2", "new"]]}
    desk.jobs.enqueue("outbound.publish", {"connection_id": desk.connection_id, **changes})
    desk.jobs.drain()

    assert len(desk.rows(Delivery)) == 1


def test_without_a_receiver_nothing_is_queued(post, desk, time):
    with desk.store.transaction() as session:
        from dashboard.store.connections import Connection

        session.get_one(Connection, post.listener).state = "disconnected"
    desk.vendor.deals = {1: deal(1)}
    post.sync()
    time.shift(60)
    desk.vendor.deals[2] = deal(2, updated_at=UPDATED + 50)

    assert "outbound.publish" not in post.sync()


def test_a_receivers_own_calls_are_not_sent_back_to_it(post, desk):
    changes = {"stream": "runs", "changes": [["1", "new"]]}
    desk.jobs.enqueue("outbound.publish", {"connection_id": post.listener, **changes})
    desk.jobs.drain()

    assert desk.rows(Delivery) == []


def test_a_record_too_large_for_a_webhook_is_named_only():
    from dashboard.clock import now

    told = {"external_id": "1", "record": {"text": "ы" * LARGEST_BODY}}

    body = json.loads(body_of("deal.changed", now(), told))
    assert body["data"] == {"external_id": "1", "truncated": True}


@pytest.mark.parametrize(
    ("stream", "change", "fields", "word"),
    [
        ("deals", "new", {}, "deal.created"),
        ("deals", "deleted", {}, ""),
        ("tasks", "changed", {}, "task.changed"),
        ("companies", "new", {}, ""),
        ("events", "changed", {"status": "confirmed"}, "event.changed"),
        ("events", "changed", {"status": "cancelled"}, "event.cancelled"),
        ("events", "deleted", {}, "event.cancelled"),
        ("messages", "new", {"direction": "in"}, "message.received"),
        ("messages", "new", {"direction": "out"}, "message.status"),
        ("messages", "new", {"direction": "in", "thread_id": ""}, "email.received"),
        ("payments", "changed", {"status": "succeeded"}, "payment.succeeded"),
        ("payments", "new", {"status": "pending"}, ""),
        ("invoices", "changed", {"status": "paid"}, "invoice.paid"),
        ("refunds", "new", {}, "refund.changed"),
        ("delivery_events", "new", {"kind": "bounced"}, "email.bounced"),
        ("runs", "new", {}, "flow.called"),
        ("customers", "new", {}, ""),
    ],
)
def test_a_change_has_the_word_of_the_vocabulary(stream, change, fields, word):
    assert event_word(stream, change, fields) == word


@pytest.mark.parametrize(
    ("word", "stream", "good"),
    [
        ("deal.stage_changed", "deals", True),
        ("deal.stage_changed", "contacts", False),
        ("message.received", "messages", True),
        ("email.received", "messages", True),
        ("unknown", "deals", False),
        ("", "companies", False),
    ],
)
def test_an_events_own_word_is_used_for_its_own_stream(word, stream, good):
    assert fits(word, stream) is good
