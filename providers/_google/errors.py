"""Google's error answers, told apart by `error.errors[0].reason`.

One status has several meanings: 403 is a missing scope, a missing right, a limit or a switched-off
API; 410 is a stale cursor or a deleted thing. Source: developers.google.com, Calendar and Gmail
guides "Handle API errors", read 2026-11-23.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from dashboard.contracts.errors import (
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
)
from dashboard.kit.http import Explain, describe, explain, parsed, retry_after

SLOWER = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
USED_UP = frozenset({"quotaExceeded", "dailyLimitExceeded", "calendarUsageLimitsExceeded"})
STALE = frozenset({"fullSyncRequired", "updatedMinTooLongAgo"})
CURSORS = frozenset({"syncToken", "pageToken"})

# Google often leaves Retry-After out; a used-up quota comes back in hours, not seconds.
PAUSE_SECONDS, QUOTA_SECONDS = 5.0, 3600.0


@dataclass(frozen=True, kw_only=True)
class _Problem:
    reason: str = ""
    message: str = ""
    location: str = ""


def reader(codes: Mapping[str, str]) -> Explain:
    """An `explain` for one Google API.

    Args:
        codes: The API's own reasons -> code of the sentence shown to a person; such an answer is
            Rejected whatever its status.
    """

    def read(response: httpx.Response) -> ProviderError | None:
        plain = explain(response)
        if plain is None:
            return None
        problem = _problem(response)
        word = _by_reason(problem, response, codes) or plain
        word.reason = problem.message
        if isinstance(word, Rejected):
            word.field = problem.location
        return word

    return read


def _by_reason(
    problem: _Problem, response: httpx.Response, codes: Mapping[str, str]
) -> ProviderError | None:
    detail = f"{describe(response)} {problem.reason}"
    status, reason = response.status_code, problem.reason
    if reason in SLOWER:
        return RateLimited(detail=detail, retry_after=retry_after(response, PAUSE_SECONDS))
    if reason in USED_UP:
        return RateLimited("quota_exceeded", detail, retry_after=QUOTA_SECONDS)
    if reason == "accessNotConfigured":
        return PermissionMissing("api_off", detail)
    if reason in STALE or (status == 400 and problem.location in CURSORS):
        return Rejected("cursor_expired", detail, status=status)
    if reason in codes:
        return Rejected(codes[reason], detail, status=status)
    return None


def _problem(response: httpx.Response) -> _Problem:
    body = parsed(response)
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return _Problem()
    rows = error.get("errors")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) else {}
    return _Problem(
        reason=str(first.get("reason", "")),
        message=str(error.get("message", ""))[:300],
        location=str(first.get("location", "")),
    )
