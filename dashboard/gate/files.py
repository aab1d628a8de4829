"""Streamlit's own JavaScript, styles and fonts, compressed once: 2.6 MB become 1.0 MB."""

import gzip
import mimetypes
from functools import cache
from pathlib import Path

import streamlit
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_FOLDER = Path(streamlit.__file__).parent / "static"
_KINDS = (".js", ".css", ".svg", ".json")
# Their names change with their content.
_CACHE = "public, max-age=31536000, immutable"


class CompressedFiles:
    """Answers for files below /static; everything else is Streamlit's to answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the compressed file when the browser takes it."""
        packed = None
        if scope["type"] == "http" and scope["path"].startswith("/static/"):
            name = scope["path"].removeprefix("/static/")
            wants = "gzip" in Headers(scope=scope).get("accept-encoding", "")
            if scope["method"] == "GET" and wants and name in _names():
                packed = await run_sync(_packed, name)
        if packed is None:
            await self._app(scope, receive, send)
            return
        headers = {"content-encoding": "gzip", "cache-control": _CACHE, "vary": "Accept-Encoding"}
        kind = mimetypes.guess_type(scope["path"])[0]
        await Response(packed, headers=headers, media_type=kind)(scope, receive, send)


@cache
def _names() -> frozenset[str]:
    """The files there are: an address is looked up, never joined to a path."""
    found = (_FOLDER / "static").rglob("*")
    return frozenset(
        file.relative_to(_FOLDER / "static").as_posix() for file in found if file.suffix in _KINDS
    )


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((_FOLDER / "static" / name).read_bytes(), 6)
