"""Counts the calls to a vendor, whatever becomes of them."""

import time

import httpx

from dashboard import meters

# The house's word for a status, before a provider has had its say about the body.
_WORDS = {401: "auth_expired", 403: "permission_missing", 429: "rate_limited"}


class Measured(httpx.BaseTransport):
    """A transport that tells how long each call took and how it ended."""

    def __init__(self, inner: httpx.BaseTransport, provider: str) -> None:
        self._inner, self._provider = inner, provider

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        begun, word = time.perf_counter(), "unavailable"
        try:
            response = self._inner.handle_request(request)
            word = _word(response.status_code)
            return response
        finally:
            meters.called(self._provider, word, time.perf_counter() - begun)


def _word(status: int) -> str:
    if status < 400:
        return "ok"
    return _WORDS.get(status) or ("unavailable" if status >= 500 else "rejected")
