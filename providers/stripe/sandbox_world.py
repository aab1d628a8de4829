"""The sandbox's objects: how they look, how they are kept, and how the desk hears of them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dashboard.kit import moments
from dashboard.kit.sandbox import Emitted, State, emit, token
from dashboard.kit.signatures import hmac_hex

Row = dict[str, Any]
API_VERSION = "2026-10-28.endive"
KEPT_EVENTS = 400

# What every object of a kind has besides its own values; rows are kept without it.
COMMON: dict[str, Row] = {
    "customer": {
        "address": None,
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "name": None,
        "phone": None,
        "shipping": None,
        "tax_exempt": "none",
    },
    "invoice": {
        "amount_paid": 0,
        "auto_advance": False,
        "collection_method": "charge_automatically",
        "customer_email": None,
        "customer_name": None,
        "description": None,
        "due_date": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "number": None,
        "parent": None,
        "status": "draft",
        "total": 0,
    },
    "invoiceitem": {"description": None, "discountable": True, "proration": False, "quantity": 1},
    "payment_intent": {
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "receipt_email": None,
        "status": "requires_payment_method",
    },
    "charge": {
        "amount_refunded": 0,
        "captured": True,
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "paid": True,
        "refunded": False,
        "status": "succeeded",
    },
    "refund": {"reason": None, "receipt_number": None, "status": "succeeded"},
    "payment_link": {
        "active": True,
        "after_completion": {
            "hosted_confirmation": {"custom_message": None},
            "type": "hosted_confirmation",
        },
        "allow_promotion_codes": False,
        "customer_creation": "if_required",
        "payment_method_types": None,
        "submit_type": "auto",
    },
    "checkout.session": {
        "customer": None,
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_status": "unpaid",
        "status": "open",
    },
    "price": {"active": True, "billing_scheme": "per_unit", "recurring": None, "type": "one_time"},
    "product": {"active": True, "description": None, "images": []},
    "webhook_endpoint": {"application": None, "description": None, "status": "enabled"},
}
PREFIX = {
    "customer": "cus",
    "invoice": "in",
    "invoiceitem": "ii",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "payment_link": "plink",
    "checkout.session": "cs_test",
    "price": "price",
    "product": "prod",
    "webhook_endpoint": "we",
    "event": "evt",
}


def make(kind: str, **values: Any) -> Row:
    """A new row of a kind, as it is kept."""
    return {"id": f"{PREFIX[kind]}_1{token(length=22)}", "object": kind, **values}


def put(state: State, row: Row) -> Row:
    """Keep a row, as the newest of its kind."""
    row.setdefault("created", moments.to_unix(moments.now()))
    state["objects"].setdefault(row["object"], {})[row["id"]] = row
    return row


def shown(row: Mapping[str, Any], base: str = "") -> Row:
    """A row as the API shows it: complete, without the sandbox's own notes.

    Args:
        base: Address of this sandbox, for links to its payment pages.
    """
    own = {name: value for name, value in row.items() if not name.startswith("_")}
    whole = {**COMMON.get(row["object"], {}), "livemode": False, "metadata": {}, **own}
    if row["object"] == "invoice":
        due = 0 if whole["status"] in ("draft", "void") else whole["total"] - whole["amount_paid"]
        whole |= {"amount_due": whole["total"], "amount_remaining": due}
        if whole["status"] != "draft":
            page = f"{base}/pay/invoice/{row['id']}"
            whole |= {"hosted_invoice_url": page, "invoice_pdf": f"{page}/pdf"}
    if row["object"] == "payment_link":
        whole.pop("created", None)
        whole["url"] = f"{base}/pay/{row['_code']}"
    return whole


def happen(state: State, kind: str, row: Mapping[str, Any]) -> None:
    """Note an event and send it to the endpoints that asked for it."""
    event = make(
        "event",
        api_version=API_VERSION,
        created=moments.to_unix(moments.now()),
        data={"object": shown(row, state["base"])},
        livemode=False,
        pending_webhooks=0,
        request={"id": None, "idempotency_key": None},
        type=kind,
    )
    events = state["objects"].setdefault("event", {})
    events[event["id"]] = event
    for old in list(events)[:-KEPT_EVENTS]:
        del events[old]
    for endpoint in state["objects"].get("webhook_endpoint", {}).values():
        asked = endpoint["enabled_events"]
        if endpoint.get("status", "enabled") == "enabled" and (kind in asked or "*" in asked):
            emit(state, _signed(endpoint, event))


def _signed(endpoint: Mapping[str, Any], event: Row) -> Emitted:
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    at = moments.to_unix(moments.now())
    signature = hmac_hex(endpoint["_secret"], f"{at}.".encode() + body)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "stripe-signature": f"t={at},v1={signature},v0={token(length=64)}",
    }
    return Emitted(url=endpoint["url"], body=body, headers=headers)


def may_be_hook(url: str, base: str) -> bool:
    """True for HTTPS; the desk itself may run without TLS next to its sandbox."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.netloc == urlsplit(base).netloc


def settle(state: State, intent: Row) -> Row:
    """The charge of an intent that went through."""
    charge = make(
        "charge",
        amount=intent["amount"],
        currency=intent["currency"],
        customer=intent.get("customer"),
        payment_intent=intent["id"],
        description=intent.get("description"),
        **({"created": intent["created"]} if intent.get("created") else {}),
    )
    put(state, charge)
    intent |= {
        "status": "succeeded",
        "latest_charge": charge["id"],
        "amount_received": intent["amount"],
    }
    return charge


def declined(intent: Mapping[str, Any]) -> Row:
    """The error of a card without money."""
    return {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
        "payment_intent": {"id": intent["id"], "object": "payment_intent"},
    }
