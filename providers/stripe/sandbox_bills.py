"""Invoices of the sandbox, from draft to paid or void."""

from typing import Any

from dashboard.kit import moments
from dashboard.kit.sandbox import Call, State
from providers.stripe.sandbox_money import Operations, known_currency
from providers.stripe.sandbox_rules import failure, missing, whole
from providers.stripe.sandbox_world import Row, happen, make, put

DAY = 86_400
STEPS = ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")


def _new_invoice(_call: Call, state: State, values: dict[str, Any]) -> Row:
    customer = state["objects"]["customer"].get(values["customer"])
    if customer is None:
        raise missing("customer", values["customer"], "customer")
    due = _due(values)
    values |= {"auto_advance": values.get("auto_advance") == "true"}
    values.pop("pending_invoice_items_behavior", None)
    bill = make(
        "invoice",
        **{"currency": "eur", **values, "due_date": due},
        customer_email=customer.get("email"),
        customer_name=customer.get("name"),
        status="draft",
        total=0,
        amount_paid=0,
        status_transitions=dict.fromkeys(STEPS),
    )
    put(state, bill)
    happen(state, "invoice.created", bill)
    return bill


def _due(values: dict[str, Any]) -> int | None:
    if values.get("collection_method") != "send_invoice":
        return None
    if "due_date" in values:
        due = whole(values, "due_date")
        if due < moments.now().timestamp():
            raise failure(400, "", "`due_date` must be in the future.", param="due_date")
        return due
    if "days_until_due" in values:
        return moments.to_unix(moments.now()) + DAY * int(values.pop("days_until_due"))
    message = "If invoices are sent, specify `days_until_due` or `due_date`."
    raise failure(400, "parameter_missing", message, param="days_until_due")


def _new_item(_call: Call, state: State, values: dict[str, Any]) -> Row:
    currency = known_currency({"currency": "eur", **values})
    amount = whole(values, "amount") if "amount" in values else 0
    if bill_id := values.get("invoice"):
        bill = state["objects"].get("invoice", {}).get(bill_id)
        if bill is None:
            raise missing("invoice", bill_id, "invoice")
        _require(bill, "draft")
        if bill["currency"] != currency:
            raise failure(400, "", "The invoice has another currency.", param="currency")
        bill["total"] += amount
    item = put(state, make("invoiceitem", **values | {"amount": amount, "currency": currency}))
    happen(state, "invoiceitem.created", item)
    return item


def _change_bill(_call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    _require(row, "draft")
    row |= values
    happen(state, "invoice.updated", row)
    return row


def _delete_bill(_call: Call, state: State, _values: dict[str, Any], row: Row) -> Row:
    _require(row, "draft")
    del state["objects"]["invoice"][row["id"]]
    happen(state, "invoice.deleted", row)
    return {"id": row["id"], "object": "invoice", "deleted": True}


def _finalize(_call: Call, state: State, _values: dict[str, Any], row: Row) -> Row:
    _require(row, "draft")
    number = len(state["objects"]["invoice"])
    row |= {"status": "open", "number": f"SEVER-{number:04d}"}
    _step(row, "finalized_at")
    happen(state, "invoice.finalized", row)
    return row


def _send(call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    if row["status"] == "draft":
        _finalize(call, state, values, row)
    _require(row, "open")
    if row.get("collection_method") != "send_invoice":
        raise failure(
            400, "", "You can only send invoices whose collection method is send_invoice."
        )
    happen(state, "invoice.sent", row)
    return row


def _void(_call: Call, state: State, _values: dict[str, Any], row: Row) -> Row:
    _require(row, "open", "uncollectible")
    row["status"] = "void"
    _step(row, "voided_at")
    happen(state, "invoice.voided", row)
    return row


def _pay(_call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    _require(row, "open")
    if values.get("paid_out_of_band") != "true":
        raise failure(402, "card_declined", "The customer has no card.", kind="card_error")
    settle_bill(state, row, None)
    return row


def settle_bill(state: State, bill: Row, payment: str | None) -> None:
    """The bill is paid, by a payment or outside Stripe."""
    bill |= {"status": "paid", "amount_paid": bill["total"], "_payment": payment}
    _step(bill, "paid_at")
    for kind in ("invoice.updated", "invoice.paid", "invoice.payment_succeeded"):
        happen(state, kind, bill)


def _step(row: Row, name: str) -> None:
    row["status_transitions"] = {**row["status_transitions"], name: moments.to_unix(moments.now())}


def _require(row: Row, *statuses: str) -> None:
    if row["status"] not in statuses:
        message = f"This invoice has the status {row['status']}: it can no longer be changed so."
        raise failure(400, "invoice_not_editable", message)


BILLS = Operations(
    creates={"invoices": _new_invoice, "invoiceitems": _new_item},
    changes={
        "POST invoices/id": _change_bill,
        "DELETE invoices/id": _delete_bill,
        "POST invoices/id/finalize": _finalize,
        "POST invoices/id/send": _send,
        "POST invoices/id/void": _void,
        "POST invoices/id/pay": _pay,
    },
)
