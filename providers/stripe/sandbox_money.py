"""Prices, links, payments and refunds of the sandbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.kit import moments
from dashboard.kit.sandbox import Call, State, token
from providers.stripe.sandbox_rules import failure, missing, whole
from providers.stripe.sandbox_world import Row, declined, happen, make, put, settle

# The smallest amounts Stripe takes, in minor units; other currencies take fifty.
LEAST = {"jpy": 50, "kwd": 10}
BAD_CARD = "pm_card_chargeDeclined"
CANCELABLE = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
)


@dataclass(frozen=True)
class Operations:
    """What can be created in a table, and what can be done to a row."""

    creates: Mapping[str, Callable[[Call, State, dict[str, Any]], Row]]
    changes: Mapping[str, Callable[[Call, State, dict[str, Any], Row], Row]]


def known_currency(values: Mapping[str, Any]) -> str:
    """The currency of a request.

    Raises:
        Refused: It is not three lower-case letters.
    """
    code = str(values["currency"])
    if len(code) != 3 or not code.isalpha() or code != code.lower():
        raise failure(400, "", f"Invalid currency: {code}", param="currency")
    return code


def enough(values: Mapping[str, Any], name: str, currency: str) -> int:
    """An amount that is not too small to be charged."""
    amount = whole(values, name)
    if amount < LEAST.get(currency, 50):
        message = f"Amount must be at least the minimum charge in {currency}."
        raise failure(400, "amount_too_small", message, param=name)
    if currency in ("kwd", "bhd", "omr") and amount % 10:
        raise failure(400, "", "The last digit must be 0.", param=name)
    return amount


def new_price(_call: Call, state: State, values: dict[str, Any]) -> Row:
    """A price, with its product made along when asked so."""
    currency = known_currency(values)
    if "product_data" in values:
        product = put(state, make("product", **values.pop("product_data")))["id"]
    else:
        product = values.get("product", "")
    if product not in state["objects"].get("product", {}):
        raise missing("product", product, "product")
    amount = whole(values, "unit_amount") if "unit_amount" in values else 0
    return put(
        state,
        make(
            "price", **values | {"product": product, "unit_amount": amount} | {"currency": currency}
        ),
    )


def _new_link(call: Call, state: State, values: dict[str, Any]) -> Row:
    lines = [_line(call, state, line) for line in values.pop("line_items")]
    price = state["objects"]["price"][lines[0]["price"]]
    values = {"currency": price["currency"], **values}
    link = make("payment_link", _lines=lines, _code=token("test_", 18), **values)
    put(state, link)
    happen(state, "payment_link.created", link)
    return link


def _line(call: Call, state: State, line: Mapping[str, Any]) -> Row:
    if "quantity" not in line:
        message = "Missing required param: line_items[0][quantity]."
        raise failure(400, "parameter_missing", message, param="line_items[0][quantity]")
    if "price_data" in line:
        price = new_price(call, state, dict(line["price_data"]))["id"]
    else:
        price = line.get("price", "")
    if price not in state["objects"].get("price", {}):
        raise missing("price", price, "line_items[0][price]")
    return {"price": price, "quantity": whole(line, "quantity")}


def _change_link(_call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    if "active" in values:
        values["active"] = values["active"] == "true"
    row |= values
    happen(state, "payment_link.updated", row)
    return row


def _new_payment(_call: Call, state: State, values: dict[str, Any]) -> Row:
    currency = known_currency(values)
    amount = enough(values, "amount", currency)
    if values.get("customer") and values["customer"] not in state["objects"]["customer"]:
        raise missing("customer", values["customer"], "customer")
    confirm = values.pop("confirm", "false") == "true"
    ignored = ("automatic_payment_methods", "off_session", "return_url")
    own = {name: value for name, value in values.items() if name not in ignored}
    intent = make("payment_intent", **own | {"amount": amount})
    intent["client_secret"] = f"{intent['id']}_secret_{token(length=24)}"
    put(state, intent)
    happen(state, "payment_intent.created", intent)
    return _confirm(_call, state, values, intent) if confirm else intent


def _confirm(_call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    method = values.get("payment_method") or row.get("payment_method")
    if not method:
        raise failure(400, "parameter_missing", "Missing payment method.", param="payment_method")
    row["payment_method"] = method
    if method == BAD_CARD:
        decline(state, row)
        message = "Your card was declined."
        raise failure(402, "card_declined", message, kind="card_error")
    if row.get("capture_method") == "manual":
        row |= {"status": "requires_capture", "amount_capturable": row["amount"]}
        happen(state, "payment_intent.amount_capturable_updated", row)
        return row
    succeed(state, row)
    return row


def succeed(state: State, intent: Row) -> None:
    """The customer's money is there."""
    charge = settle(state, intent)
    charge["created"] = moments.to_unix(moments.now())
    happen(state, "payment_intent.succeeded", intent)
    happen(state, "charge.succeeded", charge)


def decline(state: State, intent: Row) -> None:
    """The customer's bank said no."""
    intent |= {"status": "requires_payment_method", "last_payment_error": declined(intent)}
    happen(state, "payment_intent.payment_failed", intent)


def _capture(_call: Call, state: State, _values: dict[str, Any], row: Row) -> Row:
    if row.get("status") != "requires_capture":
        raise _unexpected(row, "captured")
    row["amount_capturable"] = 0
    succeed(state, row)
    return row


def _cancel(_call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    if row.get("status", "requires_payment_method") not in CANCELABLE:
        raise _unexpected(row, "canceled")
    row |= {"status": "canceled", "canceled_at": moments.to_unix(moments.now()), **values}
    happen(state, "payment_intent.canceled", row)
    return row


def _unexpected(row: Row, what: str) -> Exception:
    message = f"This PaymentIntent could not be {what} because it has a status of {row['status']}."
    return failure(400, "payment_intent_unexpected_state", message)


def new_refund(_call: Call, state: State, values: dict[str, Any]) -> Row:
    """Money back, from what is left of a charge."""
    charge = _charge(state, values)
    left = charge["amount"] - charge.get("amount_refunded", 0)
    if not left:
        message = f"Charge {charge['id']} has already been refunded."
        raise failure(400, "charge_already_refunded", message)
    amount = whole(values, "amount") if "amount" in values else left
    if not 0 < amount <= left:
        message = f"Refund amount is greater than unrefunded amount on charge ({left})."
        raise failure(400, "amount_too_large", message, param="amount")
    if values.get("reason", "duplicate") not in (
        "duplicate",
        "fraudulent",
        "requested_by_customer",
    ):
        raise failure(400, "", f"Invalid reason: {values['reason']}", param="reason")
    charge["amount_refunded"] = charge["amount"] - left + amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    linked = {"charge": charge["id"], "payment_intent": charge["payment_intent"]}
    money = {"amount": amount, "currency": charge["currency"]}
    more = {name: values[name] for name in ("reason", "metadata") if name in values}
    refund = put(state, make("refund", **money, **linked, **more))
    happen(state, "refund.created", refund)
    happen(state, "charge.refunded", charge)
    return refund


def _charge(state: State, values: Mapping[str, Any]) -> Row:
    charges = state["objects"]["charge"]
    if "charge" in values:
        if values["charge"] not in charges:
            raise missing("charge", values["charge"], "charge")
        row: Row = charges[values["charge"]]
        return row
    wanted = values.get("payment_intent", "")
    intent = state["objects"]["payment_intent"].get(wanted)
    if intent is None:
        raise missing("payment_intent", wanted, "payment_intent")
    if not intent.get("latest_charge"):
        message = "This PaymentIntent does not have a successful charge to refund."
        raise failure(400, "payment_intent_unexpected_state", message)
    found: Row = charges[intent["latest_charge"]]
    return found


MONEY = Operations(
    creates={
        "prices": new_price,
        "payment_links": _new_link,
        "payment_intents": _new_payment,
        "refunds": new_refund,
    },
    changes={
        "POST payment_links/id": _change_link,
        "POST payment_intents/id/confirm": _confirm,
        "POST payment_intents/id/capture": _capture,
        "POST payment_intents/id/cancel": _cancel,
    },
)
