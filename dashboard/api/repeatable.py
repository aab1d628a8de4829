"""Routes whose writes take an `Idempotency-Key`.

Actions and connecting name the key among their parameters and keep it themselves: what they did
at a service must be known even when their process died.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from dashboard.api.needs import LONGEST_KEY, bearer, caller
from dashboard.assembly import Dashboard
from dashboard.staff.repeats import Answer

HEADER = "Idempotency-Key"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "The same key again gives the first result and does nothing twice.",
}
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Repeatable(APIRoute):
    """A route that answers a repeated write as it did before."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.keeps_answers:
            self.openapi_extra = {"parameters": [PARAMETER]}

    @property
    def keeps_answers(self) -> bool:
        """True for a write that does not see to its key itself."""
        own = any(field.alias == HEADER for field in self.dependant.header_params)
        return not own and not WRITES.isdisjoint(self.methods or ())

    def get_route_handler(self) -> Handler:
        """As FastAPI's own, once for each key."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER, "")
            return await (_once(request, key, handle) if key else handle(request))

        return once if self.keeps_answers else handle


async def _once(request: Request, key: str, handle: Handler) -> Response:
    if len(key) > LONGEST_KEY:
        fault = {"type": "string_too_long", "ctx": {"max_length": LONGEST_KEY}, "input": None}
        raise RequestValidationError([{**fault, "loc": ("header", HEADER), "msg": "too long"}])
    desk: Dashboard = request.app.state.desk
    actor = await run_in_threadpool(caller, desk, await bearer(request))
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    repeats = desk.staff.repeats
    begun = await run_in_threadpool(repeats.begin, actor, key, asked + await request.body())
    if isinstance(begun, Answer):
        return Response(begun.body, begun.status, media_type=begun.media_type or None)
    try:
        answer = await handle(request)
    except Exception:
        # Its transaction was undone. Not so for a request that is called off: that one works on.
        await run_in_threadpool(repeats.drop, begun)
        raise
    media = answer.headers.get("content-type", "")
    given = Answer(answer.status_code, media, bytes(answer.body))
    await run_in_threadpool(repeats.keep, begun, given)
    return answer
