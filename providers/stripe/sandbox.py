"""Stripe in a box: customers, bills, payments, links, events and signed webhooks."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from dashboard.kit.sandbox import Call, Refused, Sandbox, State, token
from providers.stripe import sandbox_pay
from providers.stripe.sandbox_bills import BILLS
from providers.stripe.sandbox_money import MONEY
from providers.stripe.sandbox_rules import (
    asked,
    expanded,
    failure,
    line_items,
    missing,
    page,
)
from providers.stripe.sandbox_seed import seed
from providers.stripe.sandbox_world import Row, happen, make, may_be_hook, put

KINDS = {
    "customers": "customer",
    "invoices": "invoice",
    "invoiceitems": "invoiceitem",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "payment_links": "payment_link",
    "checkout/sessions": "checkout.session",
    "events": "event",
    "webhook_endpoints": "webhook_endpoint",
    "prices": "price",
    "products": "product",
}
KEPT_KEYS = 100
HOOK_LIMIT = 16

Change = Callable[[Call, State, dict[str, Any], Row], Row]


def refuse(status: int) -> httpx.Response:
    """Stripe's own 429, and what it says when it is down."""
    kind = "invalid_request_error" if status == 429 else "api_error"
    error = {"type": kind, "message": "Too many requests." if status == 429 else "Unavailable."}
    error |= {"code": "rate_limit"} if status == 429 else {}
    headers = {"retry-after": "2", "request-id": token("req_", 14)}
    return httpx.Response(status, json={"error": error}, headers=headers)


sandbox = Sandbox(seed, refuse)
sandbox_pay.install(sandbox)


@sandbox.sample_credentials
def _credentials(state: State, _method: str) -> dict[str, str]:
    return {"api_key": state["key"]}


@sandbox.on_fault("revoke")
def _roll_key(state: State) -> None:
    state["key"] = token("sk_test_51", 48)


@sandbox.route("GET", "/v1/{path:path}")
@sandbox.route("POST", "/v1/{path:path}")
@sandbox.route("DELETE", "/v1/{path:path}")
def _call(call: Call, state: State) -> httpx.Response:
    """Sign-in, version and idempotency around every operation."""
    state["base"] = call.base
    try:
        _enter(call, state)
        response = _once(call, state) if call.method == "POST" else _operation(call, state)
    except Refused as refused:
        response = refused.response
    response.headers["request-id"] = token("req_", 14)
    return response


def _enter(call: Call, state: State) -> None:
    key = call.bearer
    if key != state["key"]:
        message = f"Invalid API Key provided: {key[:8]}****{key[-4:]}" if key else "No API key."
        raise failure(401, "", message)
    version = call.headers.get("stripe-version", "2026-10-28.endive")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.[a-z_]+)?(; .+)?", version):
        raise failure(400, "", f"Invalid Stripe API version: {version}")
    table = call.parts["path"].split("/")[0]
    if table in state["denied"]:
        right = f"rak_{table.rstrip('s')}_{'read' if call.method == 'GET' else 'write'}"
        message = (
            "The provided key does not have the required permissions for this endpoint. "
            f"Having the '{right}' permission would allow this request to continue."
        )
        raise failure(403, "more_permissions_required", message)


def _once(call: Call, state: State) -> httpx.Response:
    """The first answer again, when the key was used before with the same parameters."""
    key = call.headers.get("idempotency-key", "")
    if len(key) > 255:
        raise failure(400, "", "Idempotency keys can be at most 255 characters long.")
    if not key:
        return _operation(call, state)
    digest = hashlib.sha256(call.path.encode() + b"?" + call.body).hexdigest()
    if known := state["idempotency"].get(key):
        if known["digest"] != digest:
            message = f"Keys for idempotent requests can only be used with the same parameters they were first used with. ({key})"  # noqa: E501 - the vendor's sentence
            raise failure(400, "", message, kind="idempotency_error")
        replay = {"idempotent-replayed": "true"}
        return httpx.Response(known["status"], json=known["body"], headers=replay)
    response = _operation(call, state)
    kept = {"digest": digest, "status": response.status_code, "body": response.json()}
    state["idempotency"][key] = kept
    for old in list(state["idempotency"])[:-KEPT_KEYS]:
        del state["idempotency"][old]
    return response


def _operation(call: Call, state: State) -> httpx.Response:
    path = call.parts["path"].rstrip("/")
    if call.method == "GET" and path == "account":
        return _good(state["account"])
    if call.method == "GET" and path == "balance":
        money = [{"amount": 125_000, "currency": "eur", "source_types": {"card": 125_000}}]
        balance = {"available": money, "pending": [], "livemode": False}
        return _good({"object": "balance", **balance})
    table = next((t for t in KINDS if path == t or path.startswith(f"{t}/")), "")
    if not table:
        raise failure(404, "", f"Unrecognized request URL ({call.method}: {call.path}).")
    rest = path.removeprefix(table).strip("/").split("/")
    if rest == ["search"]:
        return _search(call, state)
    if rest == [""]:
        return _on_table(call, state, table)
    return _on_row(call, state, table, rest)


def _on_table(call: Call, state: State, table: str) -> httpx.Response:
    operation = f"{call.method} {table}"
    if call.method == "GET":
        return page(state, KINDS[table], call, operation)
    create = CREATES.get(table)
    if create is None:
        raise failure(404, "", f"Unrecognized request URL ({call.method}: {call.path}).")
    values = asked(call, operation)
    names = values.pop("expand", [])
    row = create(call, state, values)
    secret = {"secret": row["_secret"]} if row["object"] == "webhook_endpoint" else {}
    return _good(expanded(state, row, names) | secret)


def _on_row(call: Call, state: State, table: str, rest: list[str]) -> httpx.Response:
    kind, external_id, verb = KINDS[table], rest[0], "/".join(rest[1:])
    operation = f"{call.method} {table}/id" + (f"/{verb}" if verb else "")
    row = state["objects"].get(kind, {}).get(external_id)
    if row is None:
        if call.method == "GET" and external_id in state["deleted"]:
            return _good(state["deleted"][external_id])
        raise missing(kind, external_id)
    values = asked(call, operation)
    names = values.pop("expand", [])
    if operation == "GET payment_links/id/line_items":
        return _good(line_items(state, row))
    if call.method == "GET" and not verb:
        return _good(expanded(state, row, names))
    change = CHANGES.get(operation)
    if change is None:
        raise failure(404, "", f"Unrecognized request URL ({call.method}: {call.path}).")
    after = change(call, state, values, row)
    return _good(after if after.get("deleted") else expanded(state, after, names))


def _search(call: Call, state: State) -> httpx.Response:
    values = asked(call, "GET customers/search")
    match = re.fullmatch(r"""(email|phone|name)\s*:\s*["'](.+)["']""", values["query"])
    if not match:
        raise failure(400, "", "We were unable to parse your search query.", param="query")
    rows = state["objects"]["customer"].values()
    found = [expanded(state, r, []) for r in rows if r.get(match[1]) == match[2]]
    body = {"object": "search_result", "url": call.path, "has_more": False, "next_page": None}
    return _good({**body, "data": found[: int(values.get("limit", 10))]})


def _good(body: Any) -> httpx.Response:
    # Through JSON, so that a later change of the state cannot reach into this answer.
    text = json.dumps(body, ensure_ascii=False)
    return httpx.Response(200, text=text, headers={"content-type": "application/json"})


def _new_customer(_call: Call, state: State, values: dict[str, Any]) -> Row:
    if "@" not in values.get("email", "@"):
        message = f"Invalid email address: {values['email']}"
        raise failure(400, "email_invalid", message, param="email")
    row = put(state, make("customer", **values))
    happen(state, "customer.created", row)
    return row


def _change_customer(_call: Call, state: State, values: dict[str, Any], row: Row) -> Row:
    row |= values
    happen(state, "customer.updated", row)
    return row


def _delete_customer(_call: Call, state: State, _values: dict[str, Any], row: Row) -> Row:
    del state["objects"]["customer"][row["id"]]
    gone = {"id": row["id"], "object": "customer", "deleted": True}
    state["deleted"][row["id"]] = gone
    happen(state, "customer.deleted", row)
    return gone


def _new_hook(call: Call, state: State, values: dict[str, Any]) -> Row:
    if len(state["objects"].get("webhook_endpoint", {})) >= HOOK_LIMIT:
        raise failure(400, "", f"You have reached the maximum of {HOOK_LIMIT} endpoints.")
    if not may_be_hook(values["url"], call.base):
        message = "Invalid URL: URL must begin with https."
        raise failure(400, "url_invalid", message, param="url")
    values.pop("connect", None)
    return put(state, make("webhook_endpoint", _secret=token("whsec_", 32), **values))


def _change_hook(_call: Call, _state: State, values: dict[str, Any], row: Row) -> Row:
    disabled = values.pop("disabled", None)
    row |= values
    if disabled is not None:
        row["status"] = "disabled" if disabled == "true" else "enabled"
    return row


def _delete_hook(_call: Call, state: State, _values: dict[str, Any], row: Row) -> Row:
    del state["objects"]["webhook_endpoint"][row["id"]]
    return {"id": row["id"], "object": "webhook_endpoint", "deleted": True}


def _new_product(_call: Call, state: State, values: dict[str, Any]) -> Row:
    return put(state, make("product", **values))


CREATES: Mapping[str, Callable[[Call, State, dict[str, Any]], Row]] = {
    "customers": _new_customer,
    "webhook_endpoints": _new_hook,
    "products": _new_product,
    **MONEY.creates,
    **BILLS.creates,
}
CHANGES: Mapping[str, Change] = {
    "POST customers/id": _change_customer,
    "DELETE customers/id": _delete_customer,
    "POST webhook_endpoints/id": _change_hook,
    "DELETE webhook_endpoints/id": _delete_hook,
    **MONEY.changes,
    **BILLS.changes,
}
