"""Security headers, on every answer that has not set its own."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.settings import Settings

# The one inline line of Streamlit's index.html (`window.prerenderReady=false`), 1.67.0.
_INDEX_LINE = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


def _pages_policy(public_url: str) -> str:
    # The OAuth button is a Streamlit component: an iframe of this origin, so neither
    # frame-ancestors 'none' nor a same-origin opener policy may be sent.
    url = urlsplit(public_url)
    socket = f"{'wss' if url.scheme == 'https' else 'ws'}://{url.netloc}"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {_INDEX_LINE}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {socket}",
            "frame-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


class SecurityHeaders:
    """Adds what browsers should enforce."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._pages = _pages_policy(settings.public_url)
        self._https = settings.public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, completed)

    def _complete(self, headers: MutableHeaders, path: str) -> None:
        bare = path.startswith(("/api/", "/hooks/", "/mcp"))
        headers.setdefault("content-security-policy", _NOTHING if bare else self._pages)
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("referrer-policy", "same-origin")
        headers.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
        if bare:
            headers.setdefault("cache-control", "no-store")
        if self._https:
            headers.setdefault("strict-transport-security", "max-age=31536000")
