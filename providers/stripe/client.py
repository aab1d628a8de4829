"""The account behind a key, how Stripe wants its requests, and what its refusals mean."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from dashboard.contracts.accounts import Account, Check, Revocation
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.kit.access import Access
from dashboard.kit.http import Client, Params, Reply, describe, parsed, retry_after

# The newest version known to the vendor's own library 16.1.0 (read 2026-11-23).
API_VERSION = "2026-10-28.endive"
DASHBOARD = "https://dashboard.stripe.com"
RIGHT = re.compile(r"\brak_\w+")
# Reasons that deserve a sentence of their own; the rest show the vendor's words.
CODES = {
    "amount_too_small": "amount_too_small",
    "amount_too_large": "amount_too_large",
    "charge_already_refunded": "already_refunded",
    "charge_disputed": "charge_disputed",
    "email_invalid": "email_invalid",
    "payment_intent_unexpected_state": "wrong_state",
    "resource_missing": "not_found",
}


def addresses(values: Mapping[str, str]) -> dict[str, str]:
    """Nothing to fill in; refuses a key that can only draw a payment form.

    Raises:
        Rejected: `publishable_key`.
    """
    if values.get("api_key", "").strip().startswith("pk_"):
        raise Rejected(code="publishable_key", field="api_key")
    return {}


def connect(access: Access) -> Client:
    """A client for one account.

    Raises:
        Rejected: `publishable_key`.
    """
    addresses(access.credentials)
    key = access.credentials["api_key"]
    return Client(
        access,
        headers={"authorization": f"Bearer {key}", "stripe-version": API_VERSION},
        explain=explain,
        request_id_header="request-id",
    )


def identify(client: Client) -> Account:
    """The account of the key; a restricted key without that right is known by itself."""
    key = client.access.credentials["api_key"]
    mode = "test" if "_test_" in key[:8] else "live"
    try:
        account = read_one(client, "/v1/account")
    except PermissionMissing:
        return _by_balance(client, key, mode)
    shown = (account.get("settings") or {}).get("dashboard") or {}
    business = account.get("business_profile") or {}
    name = shown.get("display_name") or business.get("name") or account.get("email")
    return Account(
        id=account["id"],
        name=f"{name or account['id']} ({mode})",
        url=DASHBOARD if mode == "live" else f"{DASHBOARD}/test",
        details={
            "mode": mode,
            "country": account.get("country") or "",
            "charges": "on" if account.get("charges_enabled") else "off",
        },
        settings={"account_currency": account.get("default_currency") or ""},
    )


def checks(client: Client) -> list[Check]:
    """Proof that changes can be read; a restricted key easily lacks that right."""
    try:
        read_list(client, "/v1/events", {"limit": 1})
    except PermissionMissing as missing:
        return [Check(name="events", ok=False, detail=missing.reason)]
    return [Check(name="events", ok=True)]


def revoke(_client: Client) -> Revocation:
    """There is no method to void a key; a person rolls or deletes it in the Dashboard."""
    url = f"{DASHBOARD}/apikeys"
    return Revocation(revoked=False, why_not="revoke_in_dashboard", manual_url=url)


def read_one(client: Client, path: str, params: Params | None = None) -> dict[str, Any]:
    """One object.

    Raises:
        Unavailable: The answer is no Stripe object.
    """
    body = client.get(path, params)
    if not isinstance(body, dict) or "object" not in body:
        raise Unavailable(detail=f"GET {path}: no object")
    return body


def read_list(client: Client, path: str, params: Params) -> dict[str, Any]:
    """One page of a list: `data`, and `has_more`.

    Raises:
        Unavailable: The answer is no list.
        Rejected: `cursor_expired`: the row to go on after is gone.
    """
    try:
        body = client.get(path, params)
    except Rejected as refused:
        if refused.field == "starting_after":
            raise Rejected(code="cursor_expired", detail=refused.detail) from refused
        raise
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise Unavailable(detail=f"GET {path}: no list")
    return body


def whole_list(client: Client, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every row of a list, newest first, page after page."""
    after = None
    while True:
        body = read_list(client, path, {**params, "limit": 100, "starting_after": after})
        yield from body["data"]
        if not body.get("has_more") or not body["data"]:
            return
        after = body["data"][-1]["id"]


def post(client: Client, path: str, body: Mapping[str, Any], *, key: str) -> Reply:
    """POST once, however often it is called with the same idempotency key."""
    headers = {"idempotency-key": key}
    return client.call("POST", path, form=list(form(body)), headers=headers, safe=True)


def write(client: Client, path: str, body: Mapping[str, Any] | None = None, *, key: str) -> Any:
    """The object that `post` answers with.

    Raises:
        Unavailable: The answer is no Stripe object.
    """
    made = post(client, path, body or {}, key=key).body
    if not isinstance(made, dict) or "object" not in made:
        raise Unavailable(detail=f"POST {path}: no object")
    return made


def form(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as Stripe writes them: `a[b]=c`, `a[0]=c`, booleans in lower case."""
    for name, value in body.items():
        whole = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            yield from form(value, whole)
        elif isinstance(value, list):
            yield from form({str(n): one for n, one in enumerate(value)}, whole)
        elif isinstance(value, bool):
            yield whole, "true" if value else "false"
        elif value is not None:
            yield whole, str(value)


def explain(response: httpx.Response) -> ProviderError | None:
    """Name a failure by status, then by Stripe's own `code`."""
    status, detail = response.status_code, describe(response)
    if 200 <= status < 300:
        return None
    body = parsed(response)
    error = body.get("error") if isinstance(body, dict) else None
    said: Mapping[str, Any] = error if isinstance(error, dict) else {}
    reason = str(said.get("message") or "")
    if status == 401:
        return AuthExpired(code="wrong_key", detail=detail, reason=reason)
    if status == 403:
        right = RIGHT.search(reason)
        return PermissionMissing(detail=detail, reason=reason, scope=right.group() if right else "")
    if status == 429:
        return RateLimited(detail=detail, reason=reason, retry_after=retry_after(response, 2.0))
    # 409 means that the same object or the same key is being worked on: ask again later.
    if status >= 500 or status in (408, 409, 424, 425):
        return Unavailable(detail=detail, reason=reason)
    return Rejected(
        code=_code(status, said),
        detail=detail,
        reason=reason,
        status=status,
        field=str(said.get("param") or ""),
    )


def _code(status: int, said: Mapping[str, Any]) -> str:
    if status == 402 or said.get("type") == "card_error":
        return "card_declined"
    if said.get("type") == "idempotency_error":
        return "key_reused"
    found = CODES.get(str(said.get("code")), "")
    return found or ("not_found" if status == 404 else "")


def _by_balance(client: Client, key: str, mode: str) -> Account:
    read_one(client, "/v1/balance")
    mark = hashlib.sha256(key.encode()).hexdigest()[:16]
    return Account(
        id=f"key_{mark}",
        name=f"Stripe ••••{key[-4:]} ({mode})",
        url=DASHBOARD if mode == "live" else f"{DASHBOARD}/test",
        details={"mode": mode},
    )
