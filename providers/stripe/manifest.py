"""Stripe: form-encoded API, idempotency keys, thirty days of events to read changes from."""

from datetime import date, timedelta

from dashboard.contracts import forms, records
from dashboard.contracts.forms import Field, Form, HookSetup, Kind, SignIn
from dashboard.contracts.manifest import (
    Category,
    EventType,
    Hooks,
    Keys,
    Manifest,
    Proof,
    RateLimit,
    Source,
    Stream,
)

KEYS = Source("https://docs.stripe.com/keys", date(2026, 11, 23))
WEBHOOKS = Source("https://docs.stripe.com/webhooks", date(2026, 11, 23))
LIMITS = Source("https://docs.stripe.com/rate-limits", date(2026, 11, 23))

MANIFEST = Manifest(
    id="stripe",
    name="Stripe",
    category=Category.PAYMENTS,
    hosts={"api": "https://api.stripe.com", "pay": "https://buy.stripe.com"},
    auth=(
        Keys(
            fields=(
                Field(
                    name="api_key",
                    kind=Kind.SECRET,
                    pattern=r"^(sk|rk|pk)_(test|live)_[A-Za-z0-9]{16,}$",
                ),
            ),
            source=KEYS,
        ),
    ),
    steps=(
        SignIn(),
        Form(
            name="payments",
            fields=(
                Field(name="currency", required=False, default="", pattern=r"^([A-Za-z]{3})?$"),
                Field(name="days_until_due", kind=Kind.NUMBER, default=14, minimum=1, maximum=365),
                Field(name="return_url", kind=Kind.URL, required=False, default=""),
            ),
        ),
        Form(
            name="sync",
            fields=(
                forms.sync_toggle("customers"),
                forms.sync_toggle("invoices"),
                forms.sync_toggle("payments"),
                forms.sync_toggle("payment_links"),
                forms.sync_toggle("refunds"),
                forms.FREQUENCY,
            ),
        ),
        HookSetup(),
    ),
    # Test mode allows 25 a second, live mode more; the lower one holds for both.
    limit=RateLimit(25, timedelta(seconds=1), LIMITS),
    streams=(
        Stream(name="customers", record=records.Customer, enabled_by="sync_customers"),
        Stream(name="invoices", record=records.Invoice, enabled_by="sync_invoices"),
        Stream(name="payments", record=records.Payment, enabled_by="sync_payments"),
        Stream(name="payment_links", record=records.PaymentLink, enabled_by="sync_payment_links"),
        Stream(name="refunds", record=records.Refund, enabled_by="sync_refunds"),
    ),
    actions=(
        "create_payment_link",
        "create_invoice",
        "payment_status",
        "refund",
        "cancel_payment",
    ),
    events=(
        EventType(name="payment.succeeded", vendor=("payment_intent.succeeded",)),
        EventType(name="payment.failed", vendor=("payment_intent.payment_failed",)),
        EventType(name="invoice.paid", vendor=("invoice.paid",)),
        EventType(
            name="refund.changed", vendor=("refund.created", "refund.updated", "refund.failed")
        ),
        EventType(
            name="payment.changed",
            vendor=(
                "payment_intent.created",
                "payment_intent.processing",
                "payment_intent.requires_action",
                "payment_intent.amount_capturable_updated",
                "payment_intent.canceled",
            ),
        ),
        EventType(
            name="payment_link.changed",
            vendor=(
                "payment_link.created",
                "payment_link.updated",
                "checkout.session.completed",
                "checkout.session.async_payment_succeeded",
                "checkout.session.async_payment_failed",
            ),
        ),
        EventType(
            name="invoice.changed",
            vendor=(
                "invoice.created",
                "invoice.updated",
                "invoice.finalized",
                "invoice.sent",
                "invoice.payment_failed",
                "invoice.overdue",
                "invoice.voided",
                "invoice.marked_uncollectible",
                "invoice.deleted",
            ),
        ),
        EventType(
            name="customer.changed",
            vendor=("customer.created", "customer.updated", "customer.deleted"),
        ),
    ),
    hooks=Hooks(proof=Proof.SIGNATURE, source=WEBHOOKS),
)
