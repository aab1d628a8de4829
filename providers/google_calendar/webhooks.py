"""Push channels: Google says that something changed, and the sync token says what.

Source: developers.google.com/workspace/calendar/api/guides/push, read 2026-11-23.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.contracts.accounts import Subscription
from dashboard.contracts.errors import BadSignature, Rejected
from dashboard.contracts.events import Answer, InboundEvent, Refetch, Request, Trust
from dashboard.kit import moments
from dashboard.kit.http import Client, required
from dashboard.kit.signatures import same
from providers.google_calendar.client import API, calendar_id, events_path

LIFE = timedelta(days=7)
TOKEN, CHANNEL, STATE = "x-goog-channel-token", "x-goog-channel-id", "x-goog-resource-state"
NUMBER = "x-goog-message-number"
GREETING = "sync"


def handshake(request: Request, trust: Trust) -> Answer | None:
    """Answer the first message of a channel, which may come before its id is known to us."""
    if request.headers.get(STATE) != GREETING or not _knows_secret(request, trust):
        return None
    return Answer()


def verify(request: Request, trust: Trust) -> None:
    """Believe a call of a channel that was opened with our secret.

    Of whichever channel: the one before a renewal tells of changes for a moment longer, and the
    one after it begins to before its id is known to us. All that is said is: read again.
    """
    if not _knows_secret(request, trust):
        raise BadSignature(detail=f"header {TOKEN}")
    if not request.headers.get(CHANNEL):
        raise BadSignature(detail=f"header {CHANNEL}")


def parse(request: Request, trust: Trust) -> list[InboundEvent]:
    """One hint to read the meetings again; a greeting says nothing.

    The message has no body: what was made, moved or cancelled is told by the reading.
    """
    del trust
    state, number = request.headers.get(STATE, ""), request.headers.get(NUMBER, "")
    if not number or state in ("", GREETING):
        return []
    payload = {n: v for n, v in request.headers.items() if n.startswith("x-goog-") and n != TOKEN}
    hint = InboundEvent(
        id=f"{request.headers.get(CHANNEL, '')}:{number}",
        name="event.changed",
        vendor_name=state,
        payload=payload,
        refetch=(Refetch(stream="events"),),
    )
    return [hint]


def subscribe(client: Client, url: str, secret: str, events: Sequence[str]) -> Subscription:
    """Open a new channel on the chosen calendar; the desk then stops the one before."""
    del events  # a channel cannot be narrowed: it tells of every change
    asked = {
        "id": str(uuid.uuid4()),
        "type": "web_hook",
        "address": url,
        "token": secret,
        "params": {"ttl": str(int(LIFE.total_seconds()))},
    }
    # A channel whose answer was lost dies by itself, so asking for another does no harm.
    path = f"{events_path(client)}/watch"
    made = client.call("POST", path, json=asked, safe=True, holds="resourceId").body
    return Subscription(
        id=required(made, "id"),
        expires_at=_expiry(made.get("expiration")),
        details={
            "resource_id": required(made, "resourceId"),
            "calendar_id": calendar_id(client),
            "address": url,
        },
    )


def unsubscribe(client: Client, subscription: Subscription) -> None:
    """Stop the channel; one that is unknown to Google has stopped already."""
    body = {"id": subscription.id, "resourceId": subscription.details.get("resource_id", "")}
    try:
        client.call("POST", f"{API}/channels/stop", json=body, safe=True)
    except Rejected as refused:
        if refused.status != 404:
            raise


def registered(client: Client, subscription: Subscription, url: str) -> str:
    """What has drifted, judged by what we keep: Google has no list of channels."""
    if subscription.expires_at and subscription.expires_at <= moments.now():
        return "channel_expired"
    if subscription.details.get("calendar_id") != calendar_id(client):
        return "channel_other_calendar"
    if subscription.details.get("address") != url:
        return "channel_other_address"
    return ""


def _knows_secret(request: Request, trust: Trust) -> bool:
    given = request.headers.get(TOKEN, "")
    return bool(given) and any(same(given, secret) for secret in trust.secrets if secret)


def _expiry(milliseconds: object) -> datetime:
    if not milliseconds:
        return moments.now() + LIFE
    return moments.from_unix(int(str(milliseconds)) / 1000)
