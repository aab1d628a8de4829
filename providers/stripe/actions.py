"""What an agent may do with money. Every write carries a key, so Stripe does it once."""

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.contracts.errors import Rejected
from dashboard.contracts.payments import (
    CancelPayment,
    CreateInvoice,
    CreatePaymentLink,
    InvoiceMade,
    PaymentCancelled,
    PaymentLinkMade,
    PaymentState,
    PaymentStatus,
    RefundMade,
    RefundPayment,
)
from dashboard.kit import moments
from dashboard.kit.http import Client, segment
from providers.stripe import rows
from providers.stripe.client import post, read_list, read_one, write
from providers.stripe.money import minor

LINK = {"expand[]": ["line_items"]}


@action(Effect.WRITE, Repeat.KEYED, touches="payment_links")
def create_payment_link(client: Client, request: CreatePaymentLink, *, key: str) -> PaymentLinkMade:
    """Make a price for this one sale and a page that asks for it."""
    currency = _currency(client, request.currency)
    price = {
        "currency": currency,
        "unit_amount": minor(request.amount, currency),
        "product_data": {"name": request.description},
    }
    made = write(client, "/v1/prices", price, key=f"{key}-price")
    body: dict[str, Any] = {"line_items": [{"price": made["id"], "quantity": 1}]}
    if back := client.settings.get("return_url"):
        body["after_completion"] = {"type": "redirect", "redirect": {"url": back}}
    link = write(client, "/v1/payment_links", body, key=f"{key}-link")
    return PaymentLinkMade(
        external_id=link["id"],
        pay_url=_with_email(link["url"], request.customer_email),
        amount=request.amount,
        currency=currency.upper(),
        status=rows.link_status(link, None),
    )


@action(Effect.WRITE, Repeat.KEYED, touches="invoices")
def create_invoice(client: Client, request: CreateInvoice, *, key: str) -> InvoiceMade:
    """Bill a customer, found by e-mail address or made; finalized, and sent when asked."""
    currency = _currency(client, request.currency)
    amount = minor(request.amount, currency)
    customer = _customer(client, request, key)
    bill = {
        "customer": customer,
        "collection_method": "send_invoice",
        "currency": currency,
        "auto_advance": True,
        **_due(client, request),
    }
    invoice = write(client, "/v1/invoices", bill, key=f"{key}-invoice")["id"]
    line = {
        "customer": customer,
        "invoice": invoice,
        "amount": amount,
        "currency": currency,
        "description": request.description,
    }
    write(client, "/v1/invoiceitems", line, key=f"{key}-item")
    made = write(client, f"/v1/invoices/{invoice}/finalize", key=f"{key}-finalize")
    if request.send:
        made = write(client, f"/v1/invoices/{invoice}/send", key=f"{key}-send")
    bill_now = rows.invoice(made, client)
    return InvoiceMade(
        external_id=bill_now.external_id,
        number=bill_now.number,
        pay_url=bill_now.pay_url,
        amount=request.amount,
        currency=bill_now.currency,
        status=bill_now.status,
    )


@action(Effect.READ, Repeat.SAFE)
def payment_status(client: Client, request: PaymentStatus, *, key: str) -> PaymentState:  # noqa: ARG001
    """How a payment, an invoice or a payment link stands now."""
    return STATES[request.kind](client, request.external_id)


@action(Effect.DESTROY, Repeat.KEYED, touches="refunds")
def refund(client: Client, request: RefundPayment, *, key: str) -> RefundMade:
    """Give back a payment, whole or in part."""
    charge = request.payment_id.startswith("ch_")
    body: dict[str, Any] = {"charge" if charge else "payment_intent": request.payment_id}
    if request.amount is not None:
        kind = "charges" if charge else "payment_intents"
        paid = read_one(client, f"/v1/{kind}/{segment(request.payment_id)}")
        body["amount"] = minor(request.amount, paid["currency"])
    if request.reason:
        body["reason"] = request.reason
    made = rows.refund(write(client, "/v1/refunds", body, key=key), client)
    return RefundMade(
        external_id=made.external_id,
        payment_id=made.payment_id or request.payment_id,
        amount=made.amount or 0,
        currency=made.currency,
        status=made.status,
    )


@action(Effect.DESTROY, Repeat.SAFE, touches_by="kind")
def cancel_payment(client: Client, request: CancelPayment, *, key: str) -> PaymentCancelled:
    """Call off what is not paid yet; doing it again is no error."""
    return CANCELS[request.kind](client, request.external_id, key)


def _currency(client: Client, asked: str | None) -> str:
    settings = client.settings
    found = asked or settings.get("currency") or settings.get("account_currency")
    if not found:
        raise Rejected(code="no_currency", field="currency")
    return str(found).lower()


def _with_email(url: str, email: str) -> str:
    """The page with the customer's address filled in; the API itself has no such parameter."""
    return f"{url}?{urlencode({'prefilled_email': email})}" if email else url


def _customer(client: Client, request: CreateInvoice, key: str) -> str:
    known = {"email": request.customer_email, "limit": 1}
    found = read_list(client, "/v1/customers", known)["data"]
    if found:
        return str(found[0]["id"])
    new = {"email": request.customer_email, "name": request.customer_name or None}
    return str(write(client, "/v1/customers", new, key=f"{key}-customer")["id"])


def _due(client: Client, request: CreateInvoice) -> dict[str, int]:
    if request.due_on is None:
        return {"days_until_due": int(client.settings.get("days_until_due") or 14)}
    end_of_day = datetime.combine(request.due_on, time(23, 59, 59), UTC)
    return {"due_date": moments.to_unix(end_of_day)}


def _payment_state(client: Client, external_id: str) -> PaymentState:
    now = rows.payment(read_one(client, f"/v1/payment_intents/{segment(external_id)}"), client)
    return PaymentState(
        external_id=now.external_id,
        kind="payments",
        status=now.status,
        amount=now.amount,
        currency=now.currency,
        payment_id=now.external_id,
        failure=now.failure,
    )


def _invoice_state(client: Client, external_id: str) -> PaymentState:
    row = read_one(client, f"/v1/invoices/{segment(external_id)}", {"expand[]": ["payments"]})
    now = rows.invoice(row, client)
    tried = [entry["payment"] for entry in (row.get("payments") or {}).get("data") or []]
    return PaymentState(
        external_id=now.external_id,
        kind="invoices",
        status=now.status,
        amount=now.amount,
        currency=now.currency,
        payment_id=next((p["payment_intent"] for p in tried if p.get("payment_intent")), ""),
    )


def _link_state(client: Client, external_id: str) -> PaymentState:
    now = rows.payment_link(
        read_one(client, f"/v1/payment_links/{segment(external_id)}", LINK), client
    )
    return PaymentState(
        external_id=now.external_id,
        kind="payment_links",
        status=now.status,
        amount=now.amount,
        currency=now.currency,
        payment_id=now.payment_id,
    )


STATES = {
    "payments": _payment_state,
    "invoices": _invoice_state,
    "payment_links": _link_state,
}


def _cancel_payment(client: Client, external_id: str, key: str) -> PaymentCancelled:
    path = f"/v1/payment_intents/{segment(external_id)}"
    try:
        write(client, f"{path}/cancel", key=key)
    except Rejected:
        if read_one(client, path)["status"] != "canceled":
            raise
        return PaymentCancelled(external_id=external_id, status="cancelled", already=True)
    return PaymentCancelled(external_id=external_id, status="cancelled")


def _cancel_invoice(client: Client, external_id: str, key: str) -> PaymentCancelled:
    path = f"/v1/invoices/{segment(external_id)}"
    try:
        write(client, f"{path}/void", key=key)
    except Rejected:
        status = read_one(client, path)["status"]
        if status == "draft":
            # Only a finalized invoice can be voided; a draft is simply deleted.
            client.call("DELETE", path, safe=True)
            return PaymentCancelled(external_id=external_id, status="deleted")
        if status != "void":
            raise
        return PaymentCancelled(external_id=external_id, status="void", already=True)
    return PaymentCancelled(external_id=external_id, status="void")


def _cancel_link(client: Client, external_id: str, key: str) -> PaymentCancelled:
    path = f"/v1/payment_links/{segment(external_id)}"
    was_open = read_one(client, path)["active"]
    answer = post(client, path, {"active": False}, key=key)
    # Closing a closed link is no error at Stripe; a replay is our own first call.
    already = not was_open and "idempotent-replayed" not in answer.headers
    return PaymentCancelled(external_id=external_id, status="closed", already=already)


CANCELS = {
    "payments": _cancel_payment,
    "invoices": _cancel_invoice,
    "payment_links": _cancel_link,
}
