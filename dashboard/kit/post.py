"""Carries bytes to a webhook receiver once, and says what became of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from dashboard.kit import answers, deadline, storable

ANSWER_BYTES = 1024
# A receiver that drips is given up after so many of its timeouts.
TIMEOUTS_A_CALL = 2


@dataclass(frozen=True, kw_only=True)
class Posted:
    """The outcome of one attempt.

    Args:
        status: The receiver's HTTP status, 0 when there was no answer.
        answer: The first kilobyte of what it said.
        error: Name of the failure when there was no answer: `ConnectError`, `ReadTimeout`,
            or `egress.private` when the guard refused the address.
        retry_after: Seconds the receiver asked to wait, a day at most; 0 when it did not.
    """

    status: int = 0
    answer: str = ""
    error: str = ""
    retry_after: float = 0
    duration_ms: int = 0


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    transport: httpx.BaseTransport | None = None,
    timeout_seconds: float = 15.0,
    method: str = "POST",
) -> Posted:
    """Send the bytes as they are; no redirects, no proxies, no more than a kilobyte read."""
    began = time.monotonic()
    with (
        deadline.within(timeout_seconds * TIMEOUTS_A_CALL),
        httpx.Client(transport=transport, timeout=timeout_seconds, trust_env=False) as http,
    ):
        try:
            with http.stream(method, url, content=body, headers=dict(headers)) as response:
                answer = _first(response)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            error = str(failure) if str(failure).startswith("egress.") else type(failure).__name__
            return Posted(error=error, duration_ms=_since(began))
    return Posted(
        status=response.status_code,
        answer=answer,
        retry_after=answers.retry_after(response, 0.0),
        duration_ms=_since(began),
    )


def _first(response: httpx.Response) -> str:
    kept = b""
    for chunk in deadline.watched(response.iter_bytes(ANSWER_BYTES), httpx.ReadTimeout):
        kept += chunk
        if len(kept) >= ANSWER_BYTES:
            break
    return storable.text(kept[:ANSWER_BYTES].decode(errors="replace"))


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
