"""The sandbox under the vendor's own library, over real HTTP."""

import json

import pytest
import stripe
from stripe import StripeClient, Webhook

HOOK = "https://desk.example/hooks/one"


@pytest.fixture
def vendor(world, served, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    http = stripe.HTTPXClient(allow_sync_methods=True)
    return StripeClient(
        world.key,
        base_addresses={"api": f"{served}/api"},
        http_client=http,
        max_network_retries=0,
    )


def test_customers_are_made_changed_found_and_deleted(vendor):
    made = vendor.v1.customers.create(
        {"name": "Анна", "email": "a@example.com", "metadata": {"x": "1"}}
    )
    changed = vendor.v1.customers.update(made.id, {"phone": "+79991234567"})
    found = vendor.v1.customers.search({"query": 'email:"a@example.com"'})
    listed = vendor.v1.customers.list({"email": "a@example.com"})
    gone = vendor.v1.customers.delete(made.id)

    assert changed.phone == "+79991234567"
    assert changed.metadata["x"] == "1"
    assert [c.id for c in found.data] == [c.id for c in listed.data] == [made.id]
    assert gone.deleted
    assert vendor.v1.customers.retrieve(made.id).deleted


@pytest.mark.parametrize("limit", [7, 100])
def test_lists_page_by_themselves(world, vendor, limit):
    rows = list(vendor.v1.invoices.list({"limit": limit}).auto_paging_iter())

    assert len(rows) == len({row.id for row in rows}) == len(world.rows("invoice"))
    assert rows == sorted(rows, key=lambda row: -row.created)


def test_lists_are_filtered_by_time(vendor):
    newest = vendor.v1.payment_intents.list({"limit": 1}).data[0]
    since = vendor.v1.payment_intents.list({"created": {"gte": newest.created}})

    assert [row.id for row in since.data] == [newest.id]


def test_payment_links_are_made_both_ways_and_closed(vendor):
    data = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Сайт"}}
    inline = vendor.v1.payment_links.create({"line_items": [{"price_data": data, "quantity": 2}]})
    price = vendor.v1.prices.create(data)
    priced = vendor.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 1}]})
    lines = vendor.v1.payment_links.line_items.list(inline.id)
    closed = vendor.v1.payment_links.update(priced.id, {"active": False})

    assert lines.data[0].amount_total == 3000
    assert inline.url
    assert closed.active is False


def test_invoice_walks_from_draft_to_void(vendor):
    customer = vendor.v1.customers.create({"email": "b@example.com"})
    draft = vendor.v1.invoices.create(
        {"customer": customer.id, "collection_method": "send_invoice", "days_until_due": 14}
    )
    vendor.v1.invoice_items.create(
        {"customer": customer.id, "invoice": draft.id, "amount": 2500, "currency": "eur"}
    )
    final = vendor.v1.invoices.finalize_invoice(draft.id)
    sent = vendor.v1.invoices.send_invoice(draft.id)
    void = vendor.v1.invoices.void_invoice(draft.id)

    assert (draft.status, final.status, void.status) == ("draft", "open", "void")
    assert final.total == final.amount_remaining == 2500
    assert sent.hosted_invoice_url
    assert final.number


def test_invoice_is_paid_outside_and_has_no_payment(vendor):
    bill = next(b for b in vendor.v1.invoices.list({"status": "open"}).data)
    paid = vendor.v1.invoices.pay(bill.id, {"paid_out_of_band": True})

    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert vendor.v1.invoices.retrieve(bill.id, {"expand": ["payments"]}).payments.data == []


def test_payments_are_confirmed_captured_declined_and_refunded(vendor):
    money = {"amount": 9900, "currency": "eur", "payment_method": "pm_card_visa"}
    paid = vendor.v1.payment_intents.create(money | {"confirm": True})
    held = vendor.v1.payment_intents.create(money | {"confirm": True, "capture_method": "manual"})
    captured = vendor.v1.payment_intents.capture(held.id)
    refund = vendor.v1.refunds.create({"payment_intent": paid.id, "amount": 900})
    with pytest.raises(stripe.CardError):
        vendor.v1.payment_intents.create(
            money | {"confirm": True, "payment_method": "pm_card_chargeDeclined"}
        )

    assert (paid.status, held.status, captured.status) == (
        "succeeded",
        "requires_capture",
        "succeeded",
    )
    assert refund.charge == paid.latest_charge
    whole = vendor.v1.payment_intents.retrieve(paid.id, {"expand": ["latest_charge"]})
    assert whole.latest_charge.amount_refunded == 900
    assert vendor.v1.payment_intents.cancel(
        vendor.v1.payment_intents.create({"amount": 500, "currency": "eur"}).id
    ).canceled_at


def test_same_key_acts_once_and_other_values_are_refused(vendor):
    once = {"idempotency_key": "order-17"}
    first = vendor.v1.customers.create({"name": "A"}, once)
    again = vendor.v1.customers.create({"name": "A"}, once)
    with pytest.raises(stripe.IdempotencyError):
        vendor.v1.customers.create({"name": "B"}, once)

    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"


def test_events_are_listed_by_type_and_fetched(vendor):
    made = vendor.v1.customers.create({"name": "A"})
    vendor.v1.customers.delete(made.id)
    events = vendor.v1.events.list({"types": ["customer.created", "customer.deleted"]})

    assert [event.type for event in events.data] == ["customer.deleted", "customer.created"]
    assert vendor.v1.events.retrieve(events.data[0].id).data.object["id"] == made.id


def test_emitted_events_pass_the_vendors_own_check(world, vendor):
    endpoint = vendor.v1.webhook_endpoints.create(
        {"url": HOOK, "enabled_events": ["*"], "api_version": "2026-10-28.endive"}
    )
    world.play("pay_link")
    world.play("pay_invoice")
    world.play("fail_payment")
    world.play("refund_payment")
    events = [
        Webhook.construct_event(d.body, d.headers["stripe-signature"], endpoint.secret)
        for d in world.emitted
    ]

    kinds = {event.type for event in events}
    assert kinds >= {
        "checkout.session.completed",
        "payment_intent.succeeded",
        "invoice.paid",
        "payment_intent.payment_failed",
        "refund.created",
        "charge.refunded",
    }
    assert all(json.loads(d.body)["object"] == "event" for d in world.emitted)


def test_endpoints_are_kept_without_their_secret(vendor):
    made = vendor.v1.webhook_endpoints.create({"url": HOOK, "enabled_events": ["invoice.paid"]})
    again = vendor.v1.webhook_endpoints.retrieve(made.id)
    off = vendor.v1.webhook_endpoints.update(made.id, {"disabled": True})

    assert made.secret.startswith("whsec_")
    assert "secret" not in again
    assert off.status == "disabled"
    assert vendor.v1.webhook_endpoints.delete(made.id).deleted
    assert vendor.v1.webhook_endpoints.list().data == []


@pytest.mark.parametrize(
    ("denied", "error"), [([], stripe.AuthenticationError), (["balance"], stripe.PermissionError)]
)
def test_refused_keys_are_named(world, vendor, denied, error):
    def spoil(state):
        state["denied"] = denied
        state["key"] = state["key"] if denied else "sk_test_other"

    world.change(spoil)

    with pytest.raises(error):
        vendor.v1.balance.retrieve()


def test_account_is_described(vendor):
    account = vendor.v1.accounts.retrieve_current()

    assert account.settings.dashboard.display_name == "Мастерская «Север»"
