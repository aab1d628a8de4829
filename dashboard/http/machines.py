"""Doors for machines: webhooks of vendors, and sandboxes over real HTTP."""

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dashboard import registry
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.contracts.events import Request as Inbound
from dashboard.kit.sandbox import Call
from dashboard.texts import say

_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length"))
# A sandbox shows pages of its own; they run no script.
_SANDBOX_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:;"
    " base-uri 'none'; frame-ancestors 'self'"
)

_NO_SANDBOX = Response("no such sandbox", 404, media_type="text/plain")


class Machines:
    """Answers calls that carry their own proof: a secret address or a signature."""

    def __init__(self, desk: Dashboard) -> None:
        self._desk = desk

    async def hook(self, request: Request) -> Response:
        """Take a webhook in; it is durable before the vendor hears 2xx."""
        query = f"?{request.url.query}" if request.url.query else ""
        raw = request.scope.get("raw_path", b"").decode() or request.url.path
        inbound = Inbound(
            method=request.method,
            headers=dict(request.headers),
            body=await request.body(),
            query=dict(request.query_params),
            url=f"{self._desk.settings.public_url}{raw.partition('?')[0]}{query}",
        )
        try:
            answer = await self._desk.inbound.receive(request.path_params["token"], inbound)
        except Refusal as refusal:
            return Response(_plain(refusal), refusal.status, media_type="text/plain")
        return Response(answer.body, answer.status, media_type=answer.media_type)

    async def sandbox(self, request: Request) -> Response:
        """Answer as the vendor would."""
        provider, tenant, host = (
            request.path_params[name] for name in ("provider", "tenant", "host")
        )
        raw = request.scope.get("raw_path", b"").decode().partition("?")[0] or request.url.path
        if provider not in registry.ids():
            return _NO_SANDBOX
        call = Call(
            method=request.method,
            host=host,
            path=raw.removeprefix(f"/sandbox/{provider}/{tenant}/{host}") or "/",
            parts={},
            query=tuple(request.query_params.multi_items()),
            headers=dict(request.headers),
            body=await request.body(),
            base=f"{self._desk.settings.public_url}/sandbox/{provider}/{tenant}",
        )
        try:
            answer = await run_in_threadpool(self._desk.sandboxes.serve, provider, tenant, call)
        except KeyError:
            return _NO_SANDBOX
        if answer.extensions.get("lost"):
            return Response("the answer was lost on its way", 504, media_type="text/plain")
        return _passed_on(answer)


def _passed_on(answer: httpx.Response) -> Response:
    passed = Response(answer.content, answer.status_code)
    passed.raw_headers[:] = [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode() not in _HOP
    ]
    passed.headers["content-length"] = str(len(answer.content))
    passed.headers.setdefault("content-security-policy", _SANDBOX_POLICY)
    return passed


def _plain(refusal: Refusal) -> str:
    return say("en", refusal.code, **(refusal.values or {}))
