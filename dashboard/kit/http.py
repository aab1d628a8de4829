"""One HTTP client for every provider: it carries, retries nothing, and names failures."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from dashboard.contracts.errors import OutcomeUnknown, ProviderError, Rejected, Unavailable
from dashboard.kit import answers, deadline, moments, written
from dashboard.kit.access import Access
from dashboard.kit.answers import (
    Explain,
    describe,
    explain,
    parsed,
    pause,
    required,
    retry_after,
)
from dashboard.kit.written import Params, segment

__all__ = [
    "Client",
    "Explain",
    "Params",
    "Reply",
    "describe",
    "explain",
    "parsed",
    "pause",
    "required",
    "retry_after",
    "segment",
]

# Of each wait; a whole call, however it drips, ends after CALL_SECONDS.
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
CALL_SECONDS = 45.0
# Bytes after decompression. The largest honest page (250 records with every field) is a tenth.
LARGEST_ANSWER = 32 * 1024 * 1024
READS = frozenset({"GET", "HEAD", "OPTIONS"})
# httpx logs the URL of every call at INFO, and a vendor may want its secret in the path.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A vendor's good answer. `body` is parsed JSON, None when empty (204)."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""


class Client:
    """Calls one vendor as one account.

    Args:
        access: Credentials, settings, hosts and transport.
        headers: Sent with every request; holds the credentials.
        explain: Reads the vendor's own error format.
        request_id_header: Where the vendor puts its id of a call.
        call_seconds: After so long a call is given up, whatever has arrived.
    """

    def __init__(
        self,
        access: Access,
        *,
        headers: Mapping[str, str] | None = None,
        explain: Explain = explain,
        request_id_header: str = "x-request-id",
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.access = access
        self.settings = access.settings
        self.last_request_id = ""
        self._vendor_ahead = timedelta(0)
        self._call_seconds = call_seconds
        self._explain = explain
        self._id_header = request_id_header
        self._http = httpx.Client(
            headers={"user-agent": "integrations-desk/1", **(headers or {})},
            transport=access.transport,
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the sockets."""
        self._http.close()

    def at_vendor(self, moment: datetime) -> datetime:
        """One of our moments on the vendor's clock, by the Date of its last answer."""
        return moment + self._vendor_ahead

    def get(
        self, path: str, params: Params | None = None, *, host: str = "api", holds: str = ""
    ) -> Any:
        """Read; the parsed body, None when the vendor says that there is none (204)."""
        return self.call("GET", path, params=params, host=host, holds=holds).body

    def post(self, path: str, body: Any = None, *, host: str = "api", holds: str = "") -> Any:
        """Write JSON; the parsed body."""
        return self.call("POST", path, json=body, host=host, holds=holds).body

    def patch(self, path: str, body: Any, *, host: str = "api") -> Any:
        """Change with JSON; the parsed body."""
        return self.call("PATCH", path, json=body, host=host).body

    def call(  # noqa: PLR0913 - the parts of an HTTP request, all by name
        self,
        method: str,
        path: str,
        *,
        host: str = "api",
        params: Params | None = None,
        json: Any = None,
        form: Params | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
        holds: str = "",
    ) -> Reply:
        """Do one request.

        Args:
            path: Begins with a slash; put after the host's origin and prefix.
            params: Query; None values are left out, a list repeats the name.
            form: Body as url-encoded pairs instead of `json`.
            safe: A lost answer is Unavailable although the method writes, because asking again
                does no harm (a search by POST, an idempotency key).
            holds: Dotted path of a member that the vendor always sends; an answer without it is
                as unreadable as broken JSON.
        Raises:
            ProviderError: The word for whatever went wrong; never an httpx exception.
        """
        self.access.before_call()
        request = self._request(
            method,
            self.access.hosts[host] + path,
            params=written.pairs(params) or None,  # an empty list would wipe the host's query
            json=json,
            content=written.form(form) if form is not None else content,
            headers=_with_form(headers, form),
        )
        safe = safe or method in READS
        response = self._answered(request, safe=safe)
        return self._reply(response, self._body(response, safe=safe, holds=holds))

    def text(
        self,
        method: str,
        path: str,
        *,
        host: str = "api",
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
    ) -> Reply:
        """Do one request whose answer may be anything readable; `Reply.body` is a string.

        Raises:
            ProviderError: As `call`.
        """
        self.access.before_call()
        address = self.access.hosts[host] + path
        request = self._request(method, address, content=content, headers=headers)
        response = self._answered(request, safe=safe or method in READS)
        return self._reply(response, response.text)

    def _request(self, method: str, address: str, **parts: Any) -> httpx.Request:
        try:
            return self._http.build_request(method, address, **parts)
        except (httpx.InvalidURL, ValueError) as odd:
            # Half a character in a text, a control character in an address, NaN in a body.
            raise Rejected(detail=f"{method} not sendable: {type(odd).__name__}") from None

    def _answered(self, request: httpx.Request, *, safe: bool) -> httpx.Response:
        response = self._send(request, safe=safe)
        self.last_request_id = response.headers.get(self._id_header, "")
        if sent := answers.sent_at(response):
            self._vendor_ahead = sent - moments.now()
        if error := self._explain(response):
            raise self._cleaned(error if safe else answers.lost(error, response.status_code))
        return response

    def _cleaned(self, error: ProviderError) -> ProviderError:
        error.detail = self._without_secrets(error.detail)
        error.reason = answers.told(self._without_secrets(error.reason))
        error.args = (error.code, error.detail)
        error.request_id = error.request_id or self.last_request_id
        return error

    def _reply(self, response: httpx.Response, body: Any) -> Reply:
        return Reply(
            status=response.status_code,
            body=body,
            headers=response.headers,
            request_id=self.last_request_id,
        )

    def _send(self, request: httpx.Request, *, safe: bool) -> httpx.Response:
        where = self._without_secrets(f"{request.method} {request.url.path}")
        try:
            with deadline.within(self._call_seconds):
                response = self._http.send(request, stream=True)
                try:
                    return _read_at_most(response, LARGEST_ANSWER)
                finally:
                    response.close()
        except _NEVER_LEFT as refused:
            raise Unavailable(detail=f"{where}: {type(refused).__name__}") from None
        except (httpx.TransportError, httpx.DecodingError, _TooLarge) as lost:
            word = Unavailable if safe else OutcomeUnknown
            raise word(detail=f"{where}: {type(lost).__name__}") from None

    def _body(self, response: httpx.Response, *, safe: bool, holds: str) -> Any:
        """The JSON of a good answer, whatever its content type: vendors mislabel, bodies do not.

        An empty answer to a reading is none at all, unless the vendor says 204.
        """
        if response.status_code in _WITHOUT_BODY:
            return None
        try:
            body = answers.body_of(response)
        except (ValueError, RecursionError):
            raise self._unreadable(response, "not JSON", safe=safe) from None
        if body is None and response.request.method == "GET":
            raise self._unreadable(response, "empty", safe=safe)
        if holds and answers.dig(body, holds) is None:
            raise self._unreadable(response, f"no {holds}", safe=safe)
        return body

    def _unreadable(self, response: httpx.Response, what: str, *, safe: bool) -> ProviderError:
        word = Unavailable if safe else OutcomeUnknown
        return word(detail=self._without_secrets(f"{describe(response)}: {what}"))

    def _without_secrets(self, text: str) -> str:
        for secret in self.access.credentials.values():
            if len(secret) >= 8:
                text = text.replace(secret, "***")
        return text


class _TooLarge(Exception):
    """The answer is larger than any honest one."""


_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


def _read_at_most(response: httpx.Response, limit: int) -> httpx.Response:
    """The same answer, read and decoded, so that the connection can go back to the pool."""
    chunks, size = [], 0
    for chunk in deadline.watched(response.iter_bytes(), httpx.ReadTimeout):
        size += len(chunk)
        if size > limit:
            raise _TooLarge
        chunks.append(chunk)
    # As bytes: a vendor's header may hold letters that are not ASCII.
    headers = [(k, v) for k, v in response.headers.raw if k.lower() not in _FRAMING]
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=b"".join(chunks),
        request=response.request,
    )


_WITHOUT_BODY = frozenset({204, 205})
_FRAMING = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})


def _with_form(headers: Mapping[str, str] | None, form: Params | None) -> dict[str, str]:
    kind = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
    return {**kind, **(headers or {})}
