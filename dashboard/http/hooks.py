"""The door for vendors' webhooks: in front of everything, since every call through it counts."""

import asyncio
import logging
import time
from collections import Counter
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import meters
from dashboard.contracts.errors import Refusal
from dashboard.contracts.events import Answer, Request
from dashboard.inbound.receive import TOO_LARGE, Inbound
from dashboard.inbound.trust import Hook
from dashboard.kit.digits import number
from dashboard.settings import Settings
from dashboard.texts import say

log = logging.getLogger(__name__)

PATH = "/hooks/"
METHODS = ("POST", "GET", "HEAD")
# A vendor's server sends its megabyte in a moment; who drips is shown the door.
BODY_SECONDS = 15.0
# So many bodies of one address may be on their way at a time; those that came whole never count.
MOST_READING = 64

NOT_HERE = Answer(status=405, body=b"webhooks come by POST")
TOO_SLOW = Answer(status=408, body=b"the body came too slowly")
BUSY = Answer(status=503, body=b"too many unfinished calls, send it again")
# The door stands before the parts that add these to other answers, and that log each of them: a
# webhook leaves its row, and a forged one must leave nothing.
_FIXED = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
]
_EXTRA = {
    405: [(b"allow", b"POST, GET, HEAD")],
    408: [(b"connection", b"close")],
    503: [(b"retry-after", b"5")],
}


class HookDoor:
    """Answers `/hooks/<token>`; everything else is passed on.

    The address is looked up before the body is read, so that a stranger's body costs nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        inbound: Inbound,
        settings: Settings,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app, self._inbound, self._body_seconds = app, inbound, body_seconds
        self._origin = settings.public_url
        self._reading: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a webhook in; it is durable before the vendor hears 2xx."""
        token = _token(scope)
        if not token:
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        try:
            answer = await self._answer(token, scope, receive)
        except Refusal as refusal:
            body = say("en", refusal.code, **(refusal.values or {})).encode()
            answer = Answer(status=refusal.status, body=body)
        except _Gone:
            return
        await _say(send, answer, empty=scope["method"] == "HEAD")
        meters.answered("hooks", answer.status, time.perf_counter() - begun)

    async def _answer(self, token: str, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] not in METHODS:
            return NOT_HERE
        hook = await self._inbound.hook(token)
        if isinstance(hook, Answer):
            return hook
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        length = number(headers.get("content-length", "0"))
        if length is None or length > self._inbound.largest_body:
            return TOO_LARGE
        body = await self._body(hook, receive)
        if isinstance(body, Answer):
            return body
        return await self._inbound.take(hook, self._request(scope, headers, body))

    async def _body(self, hook: Hook, receive: Receive) -> bytes | Answer:
        """The whole body, or why it is not waited for."""
        mine = hook.connection_id
        if self._reading[mine] >= MOST_READING:
            return BUSY
        self._reading[mine] += 1
        try:
            async with asyncio.timeout(self._body_seconds):
                return await _read(receive, self._inbound.largest_body)
        except TimeoutError:
            return TOO_SLOW
        finally:
            self._reading[mine] -= 1
            if not self._reading[mine]:
                del self._reading[mine]

    def _request(self, scope: Scope, headers: dict[str, str], body: bytes) -> Request:
        query = scope["query_string"].decode("latin-1")
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1").partition("?")[0]
        return Request(
            method=scope["method"],
            headers=headers,
            body=body,
            query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
            url=f"{self._origin}{path}{'?' if query else ''}{query}",
        )


class _Gone(Exception):
    """The caller hung up before it had said everything."""


def _token(scope: Scope) -> str:
    if scope["type"] != "http" or not scope["path"].startswith(PATH):
        return ""
    rest = str(scope["path"][len(PATH) :])
    return "" if "/" in rest else rest


async def _read(receive: Receive, largest: int) -> bytes | Answer:
    parts: list[bytes] = []
    left, more = largest, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        left -= len(part)
        if left < 0:
            return TOO_LARGE
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


async def _say(send: Send, answer: Answer, *, empty: bool) -> None:
    headers = [
        (b"content-type", answer.media_type.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode()),
        *_FIXED,
        *_EXTRA.get(answer.status, ()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if empty else answer.body})
