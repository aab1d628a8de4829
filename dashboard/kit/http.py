"""One HTTP client for every provider: it carries, retries nothing, and names failures."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
from dashboard.kit.access import Access

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
LARGEST_ANSWER = 32 * 1024 * 1024
READS = frozenset({"GET", "HEAD", "OPTIONS"})
Params = Mapping[str, Any] | Sequence[tuple[str, Any]]
# httpx logs the URL of every call at INFO, and a vendor may want its secret in the path.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A vendor's good answer. `body` is parsed JSON, None when empty (204)."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""


Explain = Callable[[httpx.Response], ProviderError | None]


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
        return Unavailable(detail=detail)
    return Rejected(detail=detail, status=status)


def describe(response: httpx.Response) -> str:
    """Method, path and status: what a log may hold."""
    return f"{response.request.method} {response.request.url.path} -> {response.status_code}"


def retry_after(response: httpx.Response, default: float = 1.0) -> float:
    """Seconds from a Retry-After header in seconds; `default` when absent or a date."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.replace(".", "", 1).isdigit() else default


def parsed(response: httpx.Response) -> Any:
    """The answer's JSON, or None when it is empty or not JSON. For `explain` functions."""
    try:
        return response.json() if response.content else None
    except ValueError:
        return None


class Client:
    """Calls one vendor as one account.

    Args:
        access: Credentials, settings, hosts and transport.
        headers: Sent with every request; holds the credentials.
        explain: Reads the vendor's own error format.
        request_id_header: Where the vendor puts its id of a call.
    """

    def __init__(
        self,
        access: Access,
        *,
        headers: Mapping[str, str] | None = None,
        explain: Explain = explain,
        request_id_header: str = "x-request-id",
    ) -> None:
        self.access = access
        self.settings = access.settings
        self.last_request_id = ""
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

    def get(self, path: str, params: Params | None = None, *, host: str = "api") -> Any:
        """Read; the parsed body, None when there is none."""
        return self.call("GET", path, params=params, host=host).body

    def post(self, path: str, body: Any = None, *, host: str = "api") -> Any:
        """Write JSON; the parsed body."""
        return self.call("POST", path, json=body, host=host).body

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
    ) -> Reply:
        """Do one request.

        Args:
            path: Begins with a slash; put after the host's origin and prefix.
            params: Query; None values are left out, a list repeats the name.
            form: Body as url-encoded pairs instead of `json`.
            safe: A lost answer is Unavailable although the method writes, because asking again
                does no harm (a search by POST, an idempotency key).
        Raises:
            ProviderError: The word for whatever went wrong; never an httpx exception.
        """
        self.access.before_call()
        request = self._http.build_request(
            method,
            self.access.hosts[host] + path,
            params=_pairs(params) or None,  # an empty list would wipe the query of the host
            json=json,
            content=_encoded(form) if form is not None else content,
            headers=_with_form(headers, form),
        )
        safe = safe or method in READS
        response = self._answered(request, safe=safe)
        return self._reply(response, self._body(response, safe=safe))

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
        request = self._http.build_request(method, address, content=content, headers=headers)
        response = self._answered(request, safe=safe or method in READS)
        return self._reply(response, response.text)

    def _answered(self, request: httpx.Request, *, safe: bool) -> httpx.Response:
        response = self._send(request, safe=safe)
        self.last_request_id = response.headers.get(self._id_header, "")
        if error := self._explain(response):
            error.detail = self._without_secrets(error.detail)
            error.reason = self._without_secrets(error.reason)
            error.args = (error.code, error.detail)
            error.request_id = error.request_id or self.last_request_id
            raise error
        return response

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
            response = self._http.send(request, stream=True)
            try:
                return _read_at_most(response, LARGEST_ANSWER)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as refused:
            raise Unavailable(detail=f"{where}: {type(refused).__name__}") from None
        except (httpx.TransportError, httpx.DecodingError, _TooLarge) as lost:
            word = Unavailable if safe else OutcomeUnknown
            raise word(detail=f"{where}: {type(lost).__name__}") from None

    def _body(self, response: httpx.Response, *, safe: bool) -> Any:
        if not response.content.strip():
            return None
        try:
            return response.json()
        except ValueError:
            word = Unavailable if safe else OutcomeUnknown
            detail = self._without_secrets(f"{describe(response)}: not JSON")
            raise word(detail=detail) from None

    def _without_secrets(self, text: str) -> str:
        for secret in self.access.credentials.values():
            if len(secret) >= 8:
                text = text.replace(secret, "***")
        return text


class _TooLarge(Exception):
    """The answer is larger than any honest one."""


def _read_at_most(response: httpx.Response, limit: int) -> httpx.Response:
    """The same answer, read and decoded, so that the connection can go back to the pool."""
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > limit:
            raise _TooLarge
        chunks.append(chunk)
    headers = [(k, v) for k, v in response.headers.multi_items() if k not in _FRAMING]
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=b"".join(chunks),
        request=response.request,
    )


_FRAMING = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def _pairs(params: Params | None) -> list[tuple[str, Any]]:
    """Flatten to pairs: None left out, lists repeated, booleans in lower case."""
    items = params.items() if isinstance(params, Mapping) else params or ()
    flat = [(name, one) for name, value in items for one in _each(value)]
    return [(name, json.dumps(v) if isinstance(v, bool) else v) for name, v in flat]


def _each(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


def _encoded(form: Params) -> bytes:
    return str(httpx.QueryParams(_pairs(form))).encode()


def _with_form(headers: Mapping[str, str] | None, form: Params | None) -> dict[str, str]:
    kind = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
    return {**kind, **(headers or {})}
