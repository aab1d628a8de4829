"""Stripe's objects as the house's records, one function each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.contracts.records import Customer, Invoice, Payment, PaymentLink, Refund
from dashboard.kit import moments
from dashboard.kit.http import Client
from providers.stripe.client import DASHBOARD, whole_list
from providers.stripe.money import major

Row = Mapping[str, Any]

PAYMENT_STATUS = {
    "requires_capture": "authorized",
    "succeeded": "succeeded",
    "canceled": "cancelled",
}
REFUND_STATUS = {"succeeded": "succeeded", "failed": "failed", "canceled": "cancelled"}


def customer(row: Row, _client: Client) -> Customer:
    """A payer."""
    return Customer(
        external_id=row["id"],
        updated_at=_at(row),
        created_at=_at(row),
        title=row.get("name") or row.get("email") or row["id"],
        url=_page(row, "customers"),
        email=row.get("email") or "",
        phone=row.get("phone") or "",
        vendor_fields=_fields(row, "description", "balance", "delinquent", "currency"),
    )


def invoice(row: Row, _client: Client) -> Invoice:
    """A bill; it has changed last when it took its latest status."""
    steps = row.get("status_transitions") or {}
    currency = row["currency"]
    return Invoice(
        external_id=row["id"],
        updated_at=_latest(row["created"], *steps.values()),
        created_at=_at(row),
        title=row.get("number") or row.get("customer_email") or row["id"],
        url=_page(row, "invoices"),
        number=row.get("number") or "",
        status=row.get("status") or "draft",
        amount=major(row["total"], currency),
        amount_paid=major(row["amount_paid"], currency),
        currency=currency.upper(),
        customer_id=_id(row.get("customer")),
        due_at=moments.from_unix(row["due_date"]) if row.get("due_date") else None,
        pay_url=row.get("hosted_invoice_url") or "",
        vendor_fields=_fields(row, "customer_email", "amount_remaining", "invoice_pdf"),
    )


def payment(row: Row, _client: Client) -> Payment:
    """Money that moves."""
    methods = row.get("payment_method_types") or []
    problem = row.get("last_payment_error") or {}
    return Payment(
        external_id=row["id"],
        updated_at=_latest(row["created"], row.get("canceled_at")),
        created_at=_at(row),
        title=row.get("description") or row["id"],
        url=_page(row, "payments"),
        status=payment_status(row),
        amount=major(row["amount"], row["currency"]),
        currency=row["currency"].upper(),
        customer_id=_id(row.get("customer")),
        method=methods[0] if len(methods) == 1 else "",
        failure=problem.get("message") or "",
        vendor_fields=_fields(row, "amount_received", "capture_method", "receipt_email"),
    )


def payment_status(row: Row) -> str:
    """Our word; a declined attempt counts as failed until the customer tries again."""
    if row["status"] == "requires_payment_method" and row.get("last_payment_error"):
        return "failed"
    return PAYMENT_STATUS.get(row["status"], "pending")


def payment_link(row: Row, client: Client) -> PaymentLink:
    """A page where a customer pays; needs `line_items` expanded, and asks for its sessions."""
    paid = paid_session(client, row["id"])
    lines = (row.get("line_items") or {}).get("data") or []
    currency = (row.get("currency") or (lines[0]["currency"] if lines else "")).lower()
    # A payment link has no time of its own: its price was made just before it, or long ago.
    made = [(line.get("price") or {}).get("created") for line in lines]
    return PaymentLink(
        external_id=row["id"],
        updated_at=_latest(0, *made, paid["created"] if paid else 0),
        title=str(lines[0].get("description") or row["id"]) if lines else row["id"],
        url=_page(row, "payment-links"),
        status=link_status(row, paid),
        amount=major(sum(line["amount_total"] for line in lines), currency) if lines else None,
        currency=currency.upper(),
        pay_url=row["url"],
        payment_id=_id(paid.get("payment_intent")) if paid else "",
        vendor_fields=_fields(row, "active", "customer_creation"),
    )


def link_status(row: Row, paid: Row | None) -> str:
    """`paid` once a session was paid, else `open` or `closed`."""
    if paid:
        return "paid"
    return "open" if row["active"] else "closed"


def paid_session(client: Client, link: str) -> Row | None:
    """The newest paid checkout session of a link, None when nobody has paid."""
    sessions = whole_list(client, "/v1/checkout/sessions", {"payment_link": link})
    return next((s for s in sessions if s["payment_status"] == "paid"), None)


def refund(row: Row, _client: Client) -> Refund:
    """Money that goes back."""
    return Refund(
        external_id=row["id"],
        updated_at=_at(row),
        created_at=_at(row),
        title=row.get("reason") or row["id"],
        url=f"{DASHBOARD}/payments/{row['payment_intent']}" if row.get("payment_intent") else "",
        status=REFUND_STATUS.get(row.get("status") or "", "pending"),
        amount=major(row["amount"], row["currency"]),
        currency=row["currency"].upper(),
        payment_id=_id(row.get("payment_intent")),
        vendor_fields=_fields(row, "charge", "reason", "failure_reason"),
    )


def _at(row: Row) -> datetime:
    return moments.from_unix(row["created"])


def _latest(*seconds: Any) -> datetime:
    return moments.from_unix(max(value or 0 for value in seconds))


def _id(value: Any) -> str:
    """An id, whether the object was expanded or not."""
    return str(value["id"] if isinstance(value, Mapping) else value or "")


def _page(row: Row, kind: str) -> str:
    test = "" if row.get("livemode") else "/test"
    return f"{DASHBOARD}{test}/{kind}/{row['id']}"


def _fields(row: Row, *names: str) -> dict[str, Any]:
    own = {f"metadata.{name}": value for name, value in (row.get("metadata") or {}).items()}
    return {name: row.get(name) for name in names} | own
