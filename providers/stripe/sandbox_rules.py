"""How the sandbox reads requests: names it knows, pages it gives, and its refusals."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from dashboard.kit.sandbox import Call, Refused, State
from providers.stripe.sandbox_world import Row, shown

# Names as in the vendor's own parameter lists (stripe 16.1.0, read 2026-11-23); `!` must be given.
LIST = "limit starting_after ending_before expand"
KNOWN = {
    "GET account": "expand",
    "GET balance": "expand",
    "GET customers": f"{LIST} email created",
    "GET customers/search": "query! limit page expand",
    "GET invoices": f"{LIST} customer status collection_method subscription due_date created",
    "GET invoiceitems": f"{LIST} customer invoice pending created",
    "GET payment_intents": f"{LIST} customer created",
    "GET charges": f"{LIST} customer payment_intent transfer_group created",
    "GET refunds": f"{LIST} charge payment_intent created",
    "GET payment_links": f"{LIST} active",
    "GET payment_links/id/line_items": LIST,
    "GET checkout/sessions": (
        f"{LIST} customer customer_details payment_intent payment_link subscription status created"
    ),
    "GET events": f"{LIST} type types created delivery_success",
    "GET webhook_endpoints": LIST,
    "GET prices": f"{LIST} active currency product type created",
    "GET products": f"{LIST} active ids created",
    "POST customers": "email name phone description metadata address balance shipping expand",
    "POST customers/id": "email name phone description metadata address balance shipping expand",
    "POST products": "name! description metadata active images expand",
    "POST prices": "currency! unit_amount product product_data nickname metadata active expand",
    "POST payment_links": (
        "line_items! after_completion metadata currency customer_creation payment_intent_data "
        "restrictions inactive_message invoice_creation submit_type expand"
    ),
    "POST payment_links/id": "active after_completion metadata line_items inactive_message expand",
    "POST invoices": (
        "customer! auto_advance collection_method currency custom_fields days_until_due due_date "
        "description footer metadata pending_invoice_items_behavior expand"
    ),
    "POST invoices/id": "auto_advance days_until_due due_date description footer metadata expand",
    "POST invoices/id/finalize": "auto_advance expand",
    "POST invoices/id/send": "expand",
    "POST invoices/id/void": "expand",
    "POST invoices/id/pay": "paid_out_of_band payment_method off_session expand",
    "POST invoiceitems": (
        "customer! invoice amount currency description quantity metadata pricing price_data "
        "discountable unit_amount_decimal expand"
    ),
    "POST payment_intents": (
        "amount! currency! customer description metadata confirm capture_method payment_method "
        "payment_method_types automatic_payment_methods receipt_email return_url off_session expand"
    ),
    "POST payment_intents/id/confirm": "payment_method return_url off_session expand",
    "POST payment_intents/id/cancel": "cancellation_reason expand",
    "POST payment_intents/id/capture": "amount_to_capture final_capture metadata expand",
    "POST refunds": "payment_intent charge amount reason metadata currency expand",
    "POST webhook_endpoints": (
        "url! enabled_events! api_version description metadata connect expand"
    ),
    "POST webhook_endpoints/id": "url enabled_events description metadata disabled expand",
}
LINKED = {
    "customer": "customer",
    "latest_charge": "charge",
    "charge": "charge",
    "payment_intent": "payment_intent",
    "product": "product",
}


def failure(
    status: int, code: str, message: str, *, param: str = "", kind: str = "invalid_request_error"
) -> Refused:
    """An error as Stripe words it, to be raised."""
    error = {"type": kind, "message": message}
    error |= {"code": code} if code else {}
    error |= {"param": param} if param else {}
    return Refused(httpx.Response(status, json={"error": error}))


def missing(kind: str, external_id: str, param: str = "id") -> Refused:
    """There is no such object. As a parameter of something else it is a 400."""
    status = 404 if param == "id" else 400
    message = f"No such {kind.replace('.', ' ')}: '{external_id}'"
    return failure(status, "resource_missing", message, param=param)


def asked(call: Call, operation: str) -> dict[str, Any]:
    """The nested parameters of a call, all of them known.

    Raises:
        Refused: A parameter is unknown, or one that is due is missing.
    """
    pairs = call.query if call.method == "GET" else call.form
    found = nested(pairs)
    words = KNOWN.get(operation, "expand").split()
    for name in found:
        if name not in {word.rstrip("!") for word in words}:
            message = f"Received unknown parameter: {name}"
            raise failure(400, "parameter_unknown", message, param=name)
    for word in words:
        if word.endswith("!") and not found.get(word[:-1]):
            message = f"Missing required param: {word[:-1]}."
            raise failure(400, "parameter_missing", message, param=word[:-1])
    return found


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b]=c` and `a[0]=c` and `a[]=c` as dictionaries and lists."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        parts = [part.rstrip("]") for part in re.split(r"\[", name)]
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1] or str(len(place))] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    return list(inner.values()) if all(name.isdecimal() for name in inner) else inner


def whole(values: Mapping[str, Any], name: str) -> int:
    """A number, as Stripe insists on it.

    Raises:
        Refused: The text is no integer.
    """
    text = str(values[name])
    if not re.fullmatch(r"-?\d+", text):
        raise failure(400, "parameter_invalid_integer", f"Invalid integer: {text}", param=name)
    return int(text)


def page(state: State, kind: str, call: Call, operation: str) -> httpx.Response:
    """A page of a list, newest first."""
    values = asked(call, operation)
    rows = [r for r in reversed(state["objects"].get(kind, {}).values()) if _fits(r, values)]
    size = whole(values, "limit") if "limit" in values else 10
    if not 1 <= size <= 100:
        message = "This value must be between 1 and 100."
        raise failure(400, "parameter_invalid_integer", message, param="limit")
    rows, more = _part(rows, values, size, kind)
    names = [name.removeprefix("data.") for name in values.get("expand", [])]
    body = {"object": "list", "url": call.path, "has_more": more}
    return httpx.Response(200, json={**body, "data": [expanded(state, r, names) for r in rows]})


def _part(
    rows: list[Row], values: Mapping[str, Any], size: int, kind: str
) -> tuple[list[Row], bool]:
    ids = [row["id"] for row in rows]
    for name in ("starting_after", "ending_before"):
        if values.get(name) and values[name] not in ids:
            raise missing(kind, values[name], name)
    if after := values.get("starting_after"):
        rows = rows[ids.index(after) + 1 :]
    if before := values.get("ending_before"):
        newer = rows[: ids.index(before)]
        return newer[-size:], len(newer) > size
    return rows[:size], len(rows) > size


def _fits(row: Row, values: Mapping[str, Any]) -> bool:
    row = shown(row) | {"created": row["created"]}
    plain = {k: v for k, v in values.items() if k not in (*LIST.split(), "created", "types")}
    plain.pop("delivery_success", None)
    if "types" in values and row["type"] not in values["types"]:
        return False
    created = values.get("created", {})
    bounds = created if isinstance(created, dict) else {"gte": created, "lte": created}
    at = row["created"]
    tests = {"gt": at.__gt__, "gte": at.__ge__, "lt": at.__lt__, "lte": at.__le__}
    if not all(tests[name](int(value)) for name, value in bounds.items()):
        return False
    return all(_text(row.get(name)) == value for name, value in plain.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def expanded(state: State, row: Row, names: Iterable[str]) -> Row:
    """A row as shown, with the asked links followed.

    Raises:
        Refused: A name cannot be expanded.
    """
    result = shown(row, state["base"])
    objects = state["objects"]
    for name in names:
        if name == "line_items" and "_lines" in row:
            result[name] = line_items(state, row)
        elif name == "payments" and row["object"] == "invoice":
            result[name] = _invoice_payments(row)
        elif name in LINKED and name in result:
            linked = objects.get(LINKED[name], {}).get(result[name])
            result[name] = shown(linked, state["base"]) if linked else None
        else:
            message = f"This property cannot be expanded ({name})."
            raise failure(400, "", message, param="expand")
    return result


def line_items(state: State, link: Row) -> Row:
    """What a payment link sells, as a list object."""
    rows = []
    for place, line in enumerate(link["_lines"]):
        price = state["objects"]["price"][line["price"]]
        product = state["objects"]["product"][price["product"]]
        total = price["unit_amount"] * line["quantity"]
        one = {"id": f"li_{link['id'][6:]}{place}", "object": "item", "amount_total": total}
        one |= {"amount_subtotal": total, "currency": price["currency"]}
        one |= {"description": product["name"], "quantity": line["quantity"]}
        rows.append({**one, "price": shown(price)})
    url = f"/v1/payment_links/{link['id']}/line_items"
    return {"object": "list", "data": rows, "has_more": False, "url": url}


def _invoice_payments(invoice: Row) -> Row:
    paid = invoice.get("_payment")
    payment = {"type": "payment_intent", "payment_intent": paid}
    one = {"id": f"inpay_{invoice['id'][3:]}", "object": "invoice_payment", "status": "paid"}
    rows = [{**one, "invoice": invoice["id"], "payment": payment}] if paid else []
    return {"object": "list", "data": rows, "has_more": False, "url": "/v1/invoice_payments"}
