"""What an answer of a receiver means for the delivery."""

from dataclasses import dataclass

from dashboard.kit.post import Posted

GONE = 410
BUSY = frozenset({429, 502, 503, 504})
BUSY_SECONDS = 60.0
SLOW_MS = 3000
KNOWN = {
    401: "unauthorized",
    403: "unauthorized",
    404: "not_found",
    405: "not_found",
    GONE: "gone",
    429: "slow_down",
}
# What the guard of outgoing calls says, as a reason of the delivery.
GUARDED = {"egress.private": "private", "egress.unresolvable": "unresolvable"}


@dataclass(frozen=True, kw_only=True)
class Try:
    """How one try ended.

    Args:
        code: Why it failed, empty when the receiver took the delivery.
        retry_after: Seconds that the receiver wants to be left alone.
        hopeless: Trying again cannot help: the address must not be called, the secret is broken.
        uncounted: We did not even call; the try is free.
    """

    status: int = 0
    answer: str = ""
    duration_ms: int = 0
    code: str = ""
    retry_after: float = 0.0
    hopeless: bool = False
    uncounted: bool = False

    @property
    def strains(self) -> bool:
        """Whether the receiver failed or was slow."""
        return bool(self.code) or self.duration_ms > SLOW_MS


def judged(posted: Posted) -> Try:
    """The try that was carried out; only 2xx is a success."""
    busy = BUSY_SECONDS if posted.status in BUSY else 0.0
    return Try(
        status=posted.status,
        answer=posted.answer or posted.error,
        duration_ms=posted.duration_ms,
        code=_code(posted),
        retry_after=posted.retry_after or busy,
        hopeless=posted.error == "egress.private",
    )


def _code(posted: Posted) -> str:
    status = posted.status
    if posted.error:
        return f"outbound.{GUARDED.get(posted.error, 'no_answer')}"
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "outbound.redirects"
    return f"outbound.{KNOWN.get(status, 'refused' if status < 500 else 'broken')}"
