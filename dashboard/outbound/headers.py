"""Headers of a delivery: the receiver's own extra ones, and our signature."""

from collections.abc import Mapping
from datetime import datetime

from dashboard.kit.signatures import StandardWebhooks
from dashboard.store.events import Delivery

LONGEST_VALUE = 4096
_OURS = frozenset(
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
# The Standard Webhooks headers are ours; the rest could pass for a cloud's or a proxy's own.
_OUR_PREFIXES = ("proxy-", "svix-", "webhook-", "x-amz-", "x-azure-", "x-goog-", "x-google")


def is_allowed(name: str, value: str) -> bool:
    """Whether a person may add this header to what we send."""
    lower = name.lower()
    if lower in _OURS or lower.startswith(_OUR_PREFIXES):
        return False
    written = lower.isascii() and lower.replace("-", "").replace("_", "").isalnum()
    return written and len(value) <= LONGEST_VALUE and value.isascii() and value.isprintable()


def complete(
    extra: Mapping[str, str], secrets: tuple[str, ...], delivery: Delivery
) -> dict[str, str]:
    """All headers of one try; without a secret there is no signature.

    Raises:
        BadSignature: A secret is no `whsec_` secret.
    """
    signed = StandardWebhooks(secrets=secrets).sign(delivery.id, delivery.body)
    return {
        **{name: text for name, text in extra.items() if is_allowed(name, text)},
        **{name: text for name, text in signed.items() if text},
        "content-type": "application/json",
        "user-agent": "integrations-desk/1",
    }


def live_secrets(credentials: Mapping[str, str], field: str, now: datetime) -> tuple[str, ...]:
    """The secrets to sign with, the newest first.

    During the overlap of a rotation the credentials also hold `<field>_previous` and, in
    ISO 8601, `<field>_previous_until`.
    """
    newest = credentials.get(field, "") if field else ""
    alive = previous_until(credentials, field, now)
    previous = credentials.get(f"{field}_previous", "") if alive else ""
    return tuple(secret for secret in (newest, previous) if secret)


def previous_until(credentials: Mapping[str, str], field: str, now: datetime) -> datetime | None:
    """Until when the secret before signs along; empty when it no longer does."""
    text = credentials.get(f"{field}_previous_until", "")
    until = datetime.fromisoformat(text) if text else now
    return until if until > now else None


def rotated(
    credentials: Mapping[str, str], field: str, new: str, until: datetime
) -> dict[str, str]:
    """The credentials with a new secret; the old one signs along until a moment."""
    old = credentials.get(field, "")
    kept = {f"{field}_previous": old, f"{field}_previous_until": until.isoformat()} if old else {}
    return {**without_previous(credentials, field), **kept, field: new}


def without_previous(credentials: Mapping[str, str], field: str) -> dict[str, str]:
    """The credentials with the newest secret only."""
    gone = (f"{field}_previous", f"{field}_previous_until")
    return {name: value for name, value in credentials.items() if name not in gone}
