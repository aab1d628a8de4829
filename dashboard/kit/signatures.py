"""The ways vendors sign what they send. Every comparison is constant-time."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.contracts.errors import BadSignature
from dashboard.kit import moments
from dashboard.kit.digits import number

TOLERANCE_SECONDS = 300


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compare two secrets in constant time."""
    as_bytes = [v.encode() if isinstance(v, str) else v for v in (one, other)]
    return hmac.compare_digest(*as_bytes)


def hmac_hex(secret: str | bytes, message: bytes, digest: str = "sha256") -> str:
    """HMAC in lower-case hexadecimal."""
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, message, digest).hexdigest()


def require_secret_header(headers: Mapping[str, str], name: str, secret: str) -> None:
    """Believe a call that carries our shared secret in a header.

    Raises:
        BadSignature: The header is missing or differs, or there is no secret to compare with.
    """
    if not secret or not same(headers.get(name, ""), secret):
        raise BadSignature(detail=f"header {name}")


def require_recent(seconds: str, tolerance: int = TOLERANCE_SECONDS) -> int:
    """The Unix time in `seconds`, when it is within `tolerance` of now.

    Raises:
        BadSignature: It is no number, too old or too far ahead.
    """
    at = number(seconds)
    if at is None:
        raise BadSignature(detail="timestamp missing")
    if abs(moments.now().timestamp() - at) > tolerance:
        raise BadSignature(detail="timestamp too old or too new")
    return at


@dataclass(frozen=True, kw_only=True)
class StandardWebhooks:
    """Standard Webhooks 1.0.0, symmetric `v1`: id.timestamp.body under HMAC-SHA256.

    Args:
        secrets: Accepted `whsec_` secrets, the newest first; during a rotation there are two.
    """

    secrets: Sequence[str]

    def sign(self, message_id: str, body: bytes, at: int | None = None) -> dict[str, str]:
        """The three headers for one attempt; one signature for each live secret."""
        stamp = moments.to_unix(moments.now()) if at is None else at
        values = [f"v1,{_v1(secret, message_id, stamp, body)}" for secret in self.secrets]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": " ".join(values),
        }

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """The message id of a call signed with one of the secrets, recently.

        Raises:
            BadSignature: A header is missing, the time is off, or no signature fits.
        """
        message_id = headers.get("webhook-id") or headers.get("svix-id", "")
        stamp = headers.get("webhook-timestamp") or headers.get("svix-timestamp", "")
        given = headers.get("webhook-signature") or headers.get("svix-signature", "")
        if not message_id:
            raise BadSignature(detail="webhook-id missing")
        at = require_recent(stamp)
        offered = [item.removeprefix("v1,") for item in given.split() if item.startswith("v1,")]
        # An empty secret would be a key that everybody has.
        real = [secret for secret in self.secrets if secret.removeprefix("whsec_")]
        expected = [_v1(secret, message_id, at, body) for secret in real]
        if not any(same(one, other) for one in offered for other in expected):
            raise BadSignature(detail="webhook-signature does not match")
        return message_id


def _v1(secret: str, message_id: str, at: int, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise BadSignature(detail="the secret is not whsec_ base64") from None
    signed = f"{message_id}.{at}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
