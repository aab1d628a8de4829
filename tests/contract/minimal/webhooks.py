"""Minimal's calls to us."""

import json
from collections.abc import Sequence

from dashboard.contracts.accounts import Subscription
from dashboard.contracts.errors import Rejected
from dashboard.contracts.events import InboundEvent, Request, Trust
from dashboard.kit.http import Client
from dashboard.kit.signatures import require_secret_header


def verify(request: Request, trust: Trust) -> None:
    """Believe a call with our secret in its header."""
    secret = trust.secrets[0] if trust.secrets else ""
    require_secret_header(request.headers, "x-minimal-secret", secret)


def parse(request: Request, trust: Trust) -> list[InboundEvent]:
    """One event a call."""
    del trust
    body = json.loads(request.body)
    if not isinstance(body, dict) or "id" not in body:
        return []
    return [InboundEvent(id=body["id"], name="flow.called", vendor_name="called", payload=body)]


def subscribe(client: Client, url: str, secret: str, events: Sequence[str]) -> Subscription:
    """Register the address; the vendor keeps one registration for one address."""
    del events
    body = {"url": url, "secret": secret}
    row = client.call("PUT", "/hooks", json=body, safe=True, holds="id").body
    return Subscription(id=row["id"])


def unsubscribe(client: Client, subscription: Subscription) -> None:
    """Take the registration back; twice is no error."""
    try:
        client.call("DELETE", f"/hooks/{subscription.id}", safe=True)
    except Rejected as refused:
        if refused.status != 404:
            raise


def registered(client: Client, subscription: Subscription, url: str) -> str:
    """Empty while the vendor still has our address."""
    rows = client.get("/hooks", holds="hooks")["hooks"]
    known = any(row["id"] == subscription.id and row["url"] == url for row in rows)
    return "" if known else "hook_missing"
