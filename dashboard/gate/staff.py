"""The staff gate: nothing but the named doors opens without a session."""

from urllib.parse import quote

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.gate.answers import problem
from dashboard.settings import Settings
from dashboard.staff.sessions import COOKIE, Sessions, SignedIn

# Doors with a check of their own: a bearer token, a one-time token, a signature, or nothing
# to hide.
_OPEN = frozenset(
    ("/login", "/lang", "/healthz", "/readyz", "/metrics", "/api", "/mcp", "/oauth/callback")
)
_OPEN_UNDER = ("/api/", "/mcp/", "/hooks/", "/join/", "/sandbox/", "/oauth/callback/")
# Doors that no cookie opens, so that another site's page gains nothing by calling them.
_COOKIELESS = ("/api/", "/mcp", "/hooks/", "/sandbox/")
# Streamlit's own JavaScript and fonts: a cookie we signed is enough, the database is not asked.
_FILES = "/static/"
_READING = frozenset(("GET", "HEAD", "OPTIONS"))


class StaffGate:
    """Refuses strangers, and tells the pages who is signed in.

    Pages read `X-Staff-*` headers through Streamlit's trusted headers; the same headers coming
    from outside are stripped. Values are percent-encoded.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, settings: Settings) -> None:
        self._app, self._sessions = app, sessions
        self._origin = settings.public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = {**scope, "headers": _without_identity(scope["headers"])}
        if self._is_forged(scope):
            await _refuse(scope, receive, send, problem(scope, 403, "login.other_site"))
            return
        path = scope["path"]
        if path in _OPEN or path.startswith(_OPEN_UNDER):
            await self._app(scope, receive, send)
            return
        cookie = cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE, "")
        if path.startswith(_FILES) and self._sessions.name_of(cookie):
            await self._app(scope, receive, send)
            return
        person = await run_sync(self._sessions.read, cookie)
        if person is None:
            await _refuse(scope, receive, send, _sign_in_first(scope))
            return
        scope["headers"] += _identity(person)
        await self._app(scope, receive, send)

    def _is_forged(self, scope: Scope) -> bool:
        """True when another site's page sent this to a door that cookies open."""
        if scope["path"].startswith(_COOKIELESS):
            return False
        if scope["type"] == "http" and scope["method"] in _READING:
            return False
        headers = Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host", "")
        return origin is not None and origin not in (
            self._origin,
            f"http://{host}",
            f"https://{host}",
        )


def _without_identity(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    # Underscores too: some servers in between turn them into hyphens.
    return [h for h in headers if not h[0].lower().replace(b"_", b"-").startswith(b"x-staff-")]


def _identity(person: SignedIn) -> list[tuple[bytes, bytes]]:
    told = {
        b"x-staff-id": person.id,
        b"x-staff-name": person.name,
        b"x-staff-role": person.role.value,
        b"x-staff-session": person.session,
        b"x-staff-language": person.language,
    }
    return [(name, quote(value, safe="").encode()) for name, value in told.items()]


def _sign_in_first(scope: Scope) -> Response:
    if "text/html" not in Headers(scope=scope).get("accept", "") or scope.get("method") != "GET":
        return problem(scope, 401, "login.needed")
    wanted = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
    target = "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"
    return RedirectResponse(target, 303, headers={"cache-control": "no-store"})


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        # Closing before accepting: the browser sees 403.
        await send({"type": "websocket.close", "code": 4401})
        return
    await answer(scope, receive, send)
