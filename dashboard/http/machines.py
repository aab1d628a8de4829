"""The door for machines that call a sandbox over real HTTP."""

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dashboard import registry
from dashboard.assembly import Dashboard
from dashboard.kit.sandbox import Call

_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length"))
# A sandbox shows pages of its own; they run no script.
_SANDBOX_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:;"
    " base-uri 'none'; frame-ancestors 'self'"
)

_NO_SANDBOX = Response("no such sandbox", 404, media_type="text/plain")


class Machines:
    """Answers calls whose address is their proof."""

    def __init__(self, desk: Dashboard) -> None:
        self._desk = desk

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
