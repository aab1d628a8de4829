"""Is the desk up, is it ready, what is it doing."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.http.readiness import problems
from dashboard.queries.for_api import ForApi
from dashboard.staff.sessions import COOKIE


class Health:
    """Answers monitoring."""

    def __init__(self, desk: Dashboard) -> None:
        self._desk, self._asks = desk, ForApi(desk.store)

    async def alive(self, _request: Request) -> Response:
        """The process runs."""
        return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

    async def ready(self, _request: Request) -> Response:
        """The database answers, is migrated, and the vault key is the right one."""
        found = await run_in_threadpool(problems, self._desk)
        body = {"status": "ready" if not found else "not ready", "problems": found}
        return JSONResponse(body, 503 if found else 200, headers={"cache-control": "no-store"})

    async def metrics(self, request: Request) -> Response:
        """Numbers for Prometheus, to staff and to bearers of an API token for all agents."""
        if not await run_in_threadpool(self._may_read, request):
            headers = {"www-authenticate": "Bearer"}
            return JSONResponse({"status": "unauthorized"}, 401, headers=headers)
        text = await run_in_threadpool(self._numbers)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def _may_read(self, request: Request) -> bool:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return self._desk.staff.sessions.read(request.cookies.get(COOKIE, "")) is not None
        try:
            return not self._desk.staff.tokens.actor(token.strip()).agent_id
        except Refusal:
            return False

    def _numbers(self) -> bytes:
        registry = CollectorRegistry()
        stats = self._desk.jobs.stats()
        jobs = {"queued": stats.queued, "running": stats.running, "delayed": stats.delayed}
        numbers = {"jobs": jobs, "executors": {"alive": len(stats.executors)}}
        for name, counts in {**numbers, **self._asks.counts()}.items():
            gauge = Gauge(f"integrations_{name}", "By state.", ["state"], registry=registry)
            for state, count in counts.items():
                gauge.labels(state).set(count)
        return generate_latest(registry)
