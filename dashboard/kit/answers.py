"""What a vendor's answer says, read without trusting that it is what was documented."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.kit import moments, storable

Explain = Callable[[httpx.Response], ProviderError | None]

# A vendor that asks for more has lost its mind or its units; a day later it is asked again.
LONGEST_PAUSE_SECONDS = 86_400.0
LONGEST_REASON = 200
CODES = {404: "not_found", 409: "conflict", 410: "not_found"}
# These two say for certain that nothing was done; any other 5xx may come from a gateway that lost
# sight of the request (RFC 9110, 15.6).
NOT_DONE = frozenset({501, 503})
# NUL, and halves of characters: rare enough that a look at the bytes spares a walk through all.
_UNSTORABLE = (rb"\u0000", rb"\ud", rb"\uD")
_MARKUP = re.compile(r"<[a-zA-Z!/?][^>]*>?")


def explain(response: httpx.Response) -> ProviderError | None:
    """Name the failure in an answer by its status alone; None when it is good.

    A provider whose errors say more passes its own function to Client and falls back to this.
    """
    status, detail = response.status_code, describe(response)
    if 200 <= status < 300:
        return None
    if status == 401:
        return AuthExpired(detail=detail)
    if status == 403:
        return PermissionMissing(detail=detail)
    if status == 429:
        return RateLimited(detail=detail, retry_after=retry_after(response))
    if status >= 500 or status in (408, 425):
        return Unavailable(detail=detail, retry_after=retry_after(response, 0.0))
    code = "redirected" if 300 <= status < 400 else CODES.get(status, "")
    return Rejected(code=code, detail=detail, status=status)


def lost(error: ProviderError, status: int) -> ProviderError:
    """The word for an answer that failed after a write which must not be repeated."""
    if not isinstance(error, Unavailable) or status < 500 or status in NOT_DONE:
        return error
    return OutcomeUnknown(detail=error.detail, reason=error.reason, request_id=error.request_id)


def describe(response: httpx.Response) -> str:
    """Method, path and status: what a log may hold."""
    return f"{response.request.method} {response.request.url.path} -> {response.status_code}"


def retry_after(response: httpx.Response, default: float = 1.0) -> float:
    """Seconds from a Retry-After header, in seconds or as a date; `default` when unreadable.

    A date is counted from the answer's own Date, because the vendor's clock may differ from ours.
    """
    text = response.headers.get("retry-after", "").strip()
    until = _http_date(text)
    if until is not None:
        since = _http_date(response.headers.get("date", "")) or moments.now()
        return pause((until - since).total_seconds(), default)
    return pause(text, default)


def pause(said: Any, default: float = 1.0) -> float:
    """A vendor's wish for a pause as seconds between 0 and a day; `default` when it is none."""
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        return default
    return (
        min(seconds, LONGEST_PAUSE_SECONDS) if math.isfinite(seconds) and seconds >= 0 else default
    )


def parsed(response: httpx.Response) -> Any:
    """The answer's JSON, or None when it is empty or not JSON. For `explain` functions."""
    try:
        return body_of(response)
    except (ValueError, RecursionError):
        return None


def body_of(response: httpx.Response) -> Any:
    """The answer's JSON, None when it is empty; what no database keeps is replaced.

    Raises:
        ValueError, RecursionError: It is not JSON.
    """
    if not response.content.strip():
        return None
    body = response.json()
    return storable.clean(body) if any(mark in response.content for mark in _UNSTORABLE) else body


def told(text: Any) -> str:
    """The vendor's own words as a person may see them: one short line, nothing of a web page."""
    if not isinstance(text, str) or _MARKUP.search(text):
        return ""
    line = storable.text(" ".join(text.split()))
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"


def sent_at(response: httpx.Response) -> datetime | None:
    """The moment of an answer by the vendor's own clock, None when it does not say."""
    return _http_date(response.headers.get("date", ""))


def required(row: Any, name: str) -> str:
    """A member of an answer that the vendor always sends, as text.

    Raises:
        Unavailable: It is not there, so this is not the vendor's answer.
    """
    if not isinstance(row, Mapping) or row.get(name) in (None, ""):
        raise Unavailable(detail=f"an answer without {name}")
    return str(row[name])


def dig(body: Any, path: str) -> Any:
    """Follow a dotted path; None where it breaks off."""
    for name in path.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else None
