"""The receiver at a person's own address, and the signed way to speak to it.

Source: Standard Webhooks 1.0.0, read 2026-11-23.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from dashboard.contracts.accounts import Account, Check, Revocation
from dashboard.contracts.errors import BadSignature, ProviderError, Rejected
from dashboard.kit import moments
from dashboard.kit.access import Access
from dashboard.kit.http import Client, Reply, describe, explain
from dashboard.kit.signatures import StandardWebhooks

LARGEST_EVENT = 256 * 1024
LONGEST_VALUE = 4096

# What a person may not set: framing, our own signature, and what clouds treat as their own.
RESERVED = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
RESERVED_PREFIXES = ("webhook-", "svix-", "proxy-", "x-amz-", "x-goog", "x-azure-")

CODES = {404: "wrong_url", 405: "wrong_url", 410: "gone", 413: "too_large"}


def addresses(values: Mapping[str, str]) -> dict[str, str]:
    """The receiver's address, trimmed; it is the whole of the host.

    Raises:
        Rejected: It is no web address.
    """
    url = values.get("url", "").strip()
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host or not url.startswith(("https://", "http://")):
        raise Rejected("bad_url", field="url")
    return {"url": url}


def connect(access: Access) -> Client:
    """A client of that one address."""
    return Client(access, explain=_explain)


def identify(client: Client) -> Account:
    """Who answers there, proven by a signed test event that got a 2xx."""
    send(client, "webhook.test", {"message": "Test"}, message_id=f"msg_{secrets.token_hex(16)}")
    url = client.access.credentials["url"]
    digest = hashlib.sha256(url.encode()).hexdigest()[:32]
    return Account(id=digest, name=urlsplit(url).hostname or url)


def revoke(client: Client) -> Revocation:
    """Nothing is kept at the receiver; its owner forgets the secret by hand."""
    del client
    return Revocation(revoked=False, why_not="forget_secret")


def checks(client: Client) -> list[Check]:
    """The extra headers may be sent as they are written."""
    refused = sorted(set(_headers(client)) - set(allowed_headers(_headers(client))))
    return [Check(name="setting.headers", ok=not refused, detail=", ".join(refused))]


def send(client: Client, event: str, payload: Mapping[str, Any], *, message_id: str) -> Reply:
    """Post one signed event; the reply's body is text.

    Args:
        message_id: The same for every attempt at one event, so that the receiver takes it once.
    Raises:
        Rejected: `too_large` before anything is sent.
    """
    stamp = moments.to_iso(moments.now())
    message = {"type": event, "timestamp": stamp, "data": payload}
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > LARGEST_EVENT:
        raise Rejected("too_large", field="payload")
    headers = {
        **allowed_headers(_headers(client)),
        "content-type": "application/json",
        **_signed(client, message_id, body),
    }
    return client.text(
        "POST", _path(client), host="target", content=body, headers=headers, safe=True
    )


def allowed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those a person may add: none that frame, sign or impersonate."""
    return {name: value for name, value in headers.items() if _is_allowed(name, value)}


def _is_allowed(name: str, value: str) -> bool:
    low = name.lower()
    ours = low in RESERVED or low.startswith(RESERVED_PREFIXES)
    written = low.isascii() and low.replace("-", "").replace("_", "").isalnum()
    sound = value.isascii() and value.isprintable() and len(value) <= LONGEST_VALUE
    return written and sound and not ours


def _headers(client: Client) -> dict[str, str]:
    return {str(n): str(v) for n, v in (client.settings.get("headers") or {}).items()}


def _signed(client: Client, message_id: str, body: bytes) -> dict[str, str]:
    try:
        return StandardWebhooks(secrets=_live_secrets(client)).sign(message_id, body)
    except BadSignature:
        raise Rejected("bad_secret", field="signing_secret") from None


def _live_secrets(client: Client) -> list[str]:
    """The secret in force, and for a day after a change the one before it."""
    kept = client.access.credentials
    until, previous = kept.get("signing_secret_previous_until"), kept.get("signing_secret_previous")
    overlaps = until and previous and moments.from_iso(until) > moments.now()
    return [kept["signing_secret"], *([previous] if overlaps and previous else [])]


def _path(client: Client) -> str:
    """The slash that ends the address, which hosts are kept without."""
    return "/" if client.access.credentials["url"].endswith("/") else ""


def _explain(response: httpx.Response) -> ProviderError | None:
    status = response.status_code
    if 300 <= status < 400:
        return Rejected("redirects", describe(response), status=status)
    plain = explain(response)
    if isinstance(plain, Rejected):
        plain = Rejected(CODES.get(status, ""), describe(response), status=status)
    if plain is not None:
        plain.reason = response.text.strip()[:200]
    return plain
