"""Every request has an id: in the logs, in problem documents, in the answer's headers."""

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import meters
from dashboard.logs import request_id

log = logging.getLogger(__name__)

_SANE = re.compile(r"[\w.-]{8,64}", re.ASCII)
# First parts of paths that are worth a line and a number of their own; the rest are pages.
_DOORS = frozenset(("api", "hooks", "oauth", "sandbox", "login", "join", "mcp", "metrics"))


class RequestIds:
    """Takes X-Request-Id when a proxy set a sane one, else makes one; measures and logs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if _SANE.fullmatch(given) else secrets.token_hex(8)
        token, begun, status = request_id.set(name), time.perf_counter(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = name
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            if scope["type"] == "http":
                _told(scope, status, time.perf_counter() - begun)
            request_id.reset(token)


def _told(scope: Scope, status: int, seconds: float) -> None:
    # Neither the query nor what follows the door's name: secrets are in both.
    first, _, rest = scope["path"].lstrip("/").partition("/")
    door = first if first in _DOORS else "pages"
    meters.answered(door, status, seconds)
    if door != "pages":
        path = f"/{first}/{rest}" if door == "api" else f"/{first}"
        facts = {"method": scope["method"], "path": path, "status": status}
        log.info("answered", extra={"facts": {**facts, "ms": round(seconds * 1000)}})
