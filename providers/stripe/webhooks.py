"""Signed events from Stripe, and the endpoint they are sent to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.contracts.accounts import Subscription
from dashboard.contracts.errors import BadSignature, Rejected
from dashboard.contracts.events import InboundEvent, Refetch, Request, Trust
from dashboard.kit import moments
from dashboard.kit.http import Client
from dashboard.kit.signatures import hmac_hex, require_recent, same
from providers.stripe.client import API_VERSION, form, read_one, whole_list
from providers.stripe.manifest import MANIFEST

ENDPOINTS = "/v1/webhook_endpoints"
NAMES = {word: event.name for event in MANIFEST.events for word in event.vendor}
STREAMS = {
    "customer": "customers",
    "invoice": "invoices",
    "payment_intent": "payments",
    "payment_link": "payment_links",
    "refund": "refunds",
}


def verify(request: Request, trust: Trust) -> None:
    """Believe what was signed by one of our secrets within five minutes."""
    parts = [part.split("=", 1) for part in request.headers.get("stripe-signature", "").split(",")]
    pairs = [(pair[0].strip(), pair[1]) for pair in parts if len(pair) == 2]
    at = require_recent(next((value for name, value in pairs if name == "t"), ""))
    signed = f"{at}.".encode() + request.body
    given = [value for name, value in pairs if name == "v1"]
    expected = [hmac_hex(secret, signed) for secret in trust.secrets if secret]
    if not any(same(one, other) for one in given for other in expected):
        raise BadSignature(detail="stripe-signature does not match")


def parse(request: Request, trust: Trust) -> list[InboundEvent]:
    """The one event of a call. Its object is only a hint: what it names is read again."""
    del trust
    event = _event(request.body)
    kind = str(event.get("type", ""))
    about = (event.get("data") or {}).get("object") or {}
    known = kind in NAMES and event.get("object") == "event"
    return [
        InboundEvent(
            id=str(event["id"]),
            name=NAMES[kind] if known else "unknown",
            vendor_name=kind,
            occurred_at=_moment(event.get("created")),
            payload=event,
            refetch=_refetch(kind, about) if known else (),
        )
    ]


def subscribe(client: Client, url: str, secret: str, events: Sequence[str]) -> Subscription:
    """Register an endpoint; one that has our URL is replaced, since its secret is not told."""
    del secret
    for old in list(whole_list(client, ENDPOINTS, {})):
        if old["url"] == url:
            _delete(client, old["id"])
    asked = {
        "url": url,
        "enabled_events": list(MANIFEST.vendor_events(events)),
        "api_version": API_VERSION,
        "description": "Integrations desk",
    }
    made = client.call("POST", ENDPOINTS, form=list(form(asked)), safe=True, holds="secret").body
    return Subscription(id=made["id"], secret=made["secret"])


def unsubscribe(client: Client, subscription: Subscription) -> None:
    """Delete the endpoint; one that is gone already is no error."""
    _delete(client, subscription.id)


def registered(client: Client, subscription: Subscription, url: str) -> str:
    """Empty while the endpoint is there, enabled and ours."""
    try:
        found = read_one(client, f"{ENDPOINTS}/{subscription.id}")
    except Rejected as refused:
        if refused.status == 404:
            return "webhook_gone"
        raise
    if found["status"] != "enabled":
        return "webhook_disabled"
    return "" if found["url"] == url else "webhook_moved"


def _delete(client: Client, endpoint: str) -> None:
    try:
        client.call("DELETE", f"{ENDPOINTS}/{endpoint}", safe=True)
    except Rejected as refused:
        if refused.status != 404:
            raise


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict) or not event.get("id"):
        raise BadSignature(detail="the body is no event")
    return event


def _refetch(kind: str, about: Mapping[str, Any]) -> tuple[Refetch, ...]:
    if about.get("object") == "checkout.session":
        links = ("payment_links", about.get("payment_link"))
        paid = ("payments", about.get("payment_intent"))
        return tuple(Refetch(stream=s, external_id=id_) for s, id_ in (links, paid) if id_)
    stream = STREAMS.get(str(about.get("object")))
    if stream is None or not about.get("id"):
        return ()
    deleted = kind.endswith(".deleted")
    return (Refetch(stream=stream, external_id=about["id"], deleted=deleted),)


def _moment(seconds: Any) -> Any:
    return moments.from_unix(seconds) if isinstance(seconds, int) else None
