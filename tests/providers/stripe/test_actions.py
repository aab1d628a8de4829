"""Actions with money: amounts in units, keys that act once, nested forms."""

import time
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from dashboard import clock, registry
from dashboard.contracts.errors import Rejected, Unavailable
from dashboard.contracts.payments import (
    CancelPayment,
    CreateInvoice,
    CreatePaymentLink,
    PaymentStatus,
    RefundPayment,
)
from providers.stripe import actions, client
from providers.stripe.money import major, minor


def run(world, action, request, key="key-1"):
    return getattr(actions, action).run(world.client, request, key=key)


def link(world, key="key-1", **more):
    request = {"amount": "49.90", "description": "Консультация"} | more
    return run(world, "create_payment_link", CreatePaymentLink(**request), key)


def bill(world, key="key-1", **more):
    request = {"customer_email": "new@example.com", "amount": "120", "description": "Сайт"} | more
    return run(world, "create_invoice", CreateInvoice(**request), key)


def state_of(world, external_id, kind="payments"):
    return run(world, "payment_status", PaymentStatus(external_id=external_id, kind=kind))


def cancel(world, external_id, kind, key="key-c"):
    return run(world, "cancel_payment", CancelPayment(external_id=external_id, kind=kind), key)


def a_payment(world, wanted):
    rows = world.rows("payment_intent").items()
    return next(k for k, r in rows if wanted(r))


def paid(row):
    return row.get("status") == "succeeded" and row["currency"] == "eur"


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("49.90", "EUR", 4990),
        ("500", "jpy", 500),
        ("5.12", "kwd", 5120),
        ("5", "isk", 500),
        ("7000", "UGX", 700_000),
    ],
)
def test_amounts_are_counted_as_the_api_counts_them(amount, currency, units):
    assert minor(Decimal(amount), currency) == units
    assert major(units, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.5", "jpy"), ("1.005", "eur"), ("5.124", "kwd"), ("5.5", "isk")]
)
def test_unit_that_the_currency_does_not_have_is_refused(amount, currency):
    with pytest.raises(Rejected) as refused:
        minor(Decimal(amount), currency)

    assert refused.value.code == "amount_precision"


def test_link_has_a_page_and_knows_when_it_is_paid(world):
    made = link(world, customer_email="anna+1@example.com")
    before = state_of(world, made.external_id, "payment_links")
    page = world.browse(made.pay_url)
    done = world.browse(made.pay_url, decision="pay")
    after = state_of(world, made.external_id, "payment_links")

    assert made.pay_url.endswith("?prefilled_email=anna%2B1%40example.com")
    assert "49.90 EUR" in page.text
    assert "Оплатить" in page.text
    assert "Оплачено" in done.text
    assert (before.status, after.status) == ("open", "paid")
    assert state_of(world, after.payment_id).status == "succeeded"


def test_customer_comes_back_to_the_page_of_the_settings(world):
    world.settings["return_url"] = "https://shop.example/thanks"
    done = world.browse(link(world).pay_url, decision="pay")

    assert done.headers["location"] == "https://shop.example/thanks"


def test_declined_link_stays_open_and_can_be_paid_later(world):
    made = link(world)
    world.browse(made.pay_url, decision="decline")
    declined = state_of(world, made.external_id, "payment_links").status
    world.browse(made.pay_url, decision="pay")

    assert declined == "open"
    assert state_of(world, made.external_id, "payment_links").status == "paid"


def test_invoice_is_made_for_a_new_customer_finalized_and_sent(world):
    made = bill(world, customer_name="ООО «Клён»", currency="USD")

    row = world.rows("invoice")[made.external_id]
    assert (made.status, made.currency, made.amount) == ("open", "USD", Decimal(120))
    assert made.number
    assert row["total"] == 12_000
    assert world.rows("customer")[row["customer"]]["name"] == "ООО «Клён»"
    assert "Оплачено" in world.browse(made.pay_url, decision="pay").text
    assert state_of(world, made.external_id, "invoices").status == "paid"
    assert state_of(world, made.external_id, "invoices").payment_id.startswith("pi_")


def test_invoice_goes_to_the_customer_who_is_there(world):
    known = len(world.rows("customer"))
    made = bill(world, customer_email="client007@example.com")

    row = world.rows("invoice")[made.external_id]
    assert len(world.rows("customer")) == known
    assert row["customer_email"] == "client007@example.com"


def test_invoice_without_sending_is_final_but_not_mailed(world):
    bill(world, send=False)

    kinds = [event["type"] for event in world.rows("event").values()]
    assert "invoice.finalized" in kinds
    assert "invoice.sent" not in kinds


def test_due_day_is_taken_or_counted_from_the_settings(world):
    world.settings["days_until_due"] = 30
    day = (clock.now() + timedelta(days=3)).date()
    one, two = bill(world, "k1", due_on=day), bill(world, "k2")
    named, counted = (world.rows("invoice")[b.external_id]["due_date"] for b in (one, two))

    assert time.gmtime(named)[:3] == (day.year, day.month, day.day)
    assert counted - time.time() > 29 * 86_400


@pytest.mark.parametrize("make", [link, bill])
def test_repeat_with_the_same_key_acts_once(world, make):
    first = make(world)
    before = {kind: len(rows) for kind, rows in world.change(lambda s: s["objects"]).items()}
    again = make(world)
    after = {kind: len(rows) for kind, rows in world.change(lambda s: s["objects"]).items()}

    assert again == first
    assert after == before


def test_every_post_of_an_action_carries_a_key_of_its_own(world):
    bill(world)
    posts = [r for r in world.network.requests if r.method == "POST"]

    keys = [r.headers["idempotency-key"] for r in posts]
    assert len(posts) == len(set(keys)) == 5
    assert all(key.startswith("key-1-") for key in keys)


def test_lost_answer_of_a_refund_is_repeated_and_money_goes_back_once(world):
    payment = a_payment(world, lambda r: paid(r) and not _refunded(world, r))
    world.fault("lose_reply")
    request = RefundPayment(payment_id=payment, amount="10")
    with pytest.raises(Unavailable):
        run(world, "refund", request)
    made = run(world, "refund", request)

    given = [r for r in world.rows("refund").values() if r["payment_intent"] == payment]
    assert (made.amount, made.status, made.payment_id) == (Decimal(10), "succeeded", payment)
    assert len(given) == 1


def test_refund_of_the_rest_and_then_of_nothing(world):
    payment = a_payment(world, lambda r: paid(r) and not _refunded(world, r))
    whole = run(world, "refund", RefundPayment(payment_id=payment), "r1")
    with pytest.raises(Rejected) as refused:
        run(world, "refund", RefundPayment(payment_id=payment), "r2")

    assert whole.amount == major(world.rows("payment_intent")[payment]["amount"], "eur")
    assert refused.value.code == "already_refunded"


def _refunded(world, row):
    return world.rows("charge")[row["latest_charge"]].get("amount_refunded")


def test_cancelling_works_for_all_three_kinds_and_twice_is_no_error(world):
    waiting = a_payment(world, lambda r: "status" not in r)
    things = [
        (waiting, "payments", "cancelled"),
        (bill(world).external_id, "invoices", "void"),
        (link(world).external_id, "payment_links", "closed"),
    ]
    first = [cancel(world, id_, kind, f"{kind}-1") for id_, kind, _ in things]
    again = [cancel(world, id_, kind, f"{kind}-2") for id_, kind, _ in things]

    assert [c.status for c in first] == [status for *_, status in things]
    assert [c.already for c in first] == [False] * 3
    assert [c.already for c in again] == [True] * 3
    assert [state_of(world, id_, kind).status for id_, kind, _ in things] == [
        status for *_, status in things
    ]


def test_draft_invoice_is_deleted_instead_of_voided(world):
    customer = next(iter(world.rows("customer")))
    body = {"customer": customer, "collection_method": "send_invoice", "days_until_due": 5}
    draft = client.write(world.client, "/v1/invoices", body, key="d")["id"]

    assert cancel(world, draft, "invoices").status == "deleted"
    assert draft not in world.rows("invoice")


@pytest.mark.parametrize(
    ("arguments", "stream"),
    [
        ({"external_id": "pi_1"}, "payments"),
        ({"external_id": "in_1", "kind": "invoices"}, "invoices"),
        ({"external_id": "plink_1", "kind": "payment_links"}, "payment_links"),
    ],
)
def test_what_was_cancelled_is_read_again_in_its_own_stream(arguments, stream):
    assert registry.actions("stripe")["cancel_payment"].touched(arguments) == stream


def test_paid_payment_cannot_be_cancelled(world):
    with pytest.raises(Rejected) as refused:
        cancel(world, a_payment(world, paid), "payments")

    assert refused.value.code == "wrong_state"
    assert refused.value.reason


def test_failed_payment_says_why(world):
    failed = a_payment(world, lambda r: r.get("last_payment_error"))

    assert state_of(world, failed).status == "failed"
    assert "insufficient funds" in state_of(world, failed).failure


def test_currency_must_come_from_somewhere(world):
    world.settings.clear()
    with pytest.raises(Rejected) as refused:
        link(world)

    assert refused.value.code == "no_currency"


def test_bodies_are_forms_with_brackets(world):
    link(world)
    sent = [parse_qs(r.content.decode()) for r in world.network.requests if r.method == "POST"]

    assert sent[0]["product_data[name]"] == ["Консультация"]
    assert sent[1]["line_items[0][quantity]"] == ["1"]


@pytest.mark.parametrize("kind", ["payments", "invoices", "payment_links"])
@pytest.mark.parametrize("odd", ["pi_1/capture#", "pi_1/capture?x=", "../customers/cus_1", ".."])
def test_an_id_cannot_lead_to_another_call(world, kind, odd):
    with pytest.raises(Rejected) as refused:
        run(world, "cancel_payment", CancelPayment(external_id=odd, kind=kind))

    assert refused.value.code == "not_found"
    called = [request.url.raw_path.split(b"?")[0] for request in world.network.requests]
    assert not [path for path in called if path.endswith(b"/capture") or b"/customers" in path]
