"""Is the desk up, is it ready, what is it doing."""

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.http.numbers import Numbers
from dashboard.http.readiness import problems
from dashboard.staff.sessions import COOKIE
from dashboard.vault import keys

_FRESH = {"cache-control": "no-store"}


class Health:
    """Answers monitoring."""

    def __init__(self, desk: Dashboard) -> None:
        self._desk, self._numbers = desk, Numbers(desk)

    async def alive(self, _request: Request) -> Response:
        """The process runs; `desk` tells which installation it belongs to. Asks no database."""
        name = keys.installation(self._desk.vault.keys.knowing("").current)
        return JSONResponse({"status": "ok", "desk": name}, headers=_FRESH)

    async def ready(self, _request: Request) -> Response:
        """Database, migrations, vault key and job engine are well; 503 says which is not."""
        found = await run_in_threadpool(problems, self._desk)
        body = {"status": "not ready" if found else "ready", "problems": found}
        return JSONResponse(body, 503 if found else 200, headers=_FRESH)

    async def metrics(self, request: Request) -> Response:
        """Numbers for Prometheus, to staff and to bearers of an API token for all agents."""
        if not await run_in_threadpool(self._may_read, request):
            headers = {"www-authenticate": "Bearer"}
            return JSONResponse({"status": "unauthorized"}, 401, headers=headers)
        text = await run_in_threadpool(self._numbers.text)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def _may_read(self, request: Request) -> bool:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return self._desk.staff.sessions.read(request.cookies.get(COOKIE, "")) is not None
        try:
            return not self._desk.staff.tokens.actor(token.strip()).agent_id
        except Refusal:
            return False
