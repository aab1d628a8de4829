"""Limits on request bodies: how large, whatever the request says, and how slow."""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.gate.answers import problem
from dashboard.kit.digits import number

BODY_SECONDS = 30.0


class BodyLimit:
    """Answers 413 instead of reading more than `largest` bytes, 408 to a body that never ends."""

    def __init__(self, app: ASGIApp, largest: int, seconds: float = BODY_SECONDS) -> None:
        self._app, self._largest, self._seconds = app, largest, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request of bearable size through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = number(Headers(scope=scope).get("content-length", "0"))
        if length is None or length > self._largest:
            await self._refuse(413, scope, receive, send)
            return
        counted = _Counted(receive, send, self._largest, self._seconds)
        with suppress(_Refused):
            await self._app(scope, counted.receive, counted.send)
        if counted.refused and not counted.answered:
            await self._refuse(counted.refused, scope, receive, send)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        if status == 413:
            answer = problem(scope, 413, "api.too_large", bytes=str(self._largest))
        else:
            answer = problem(scope, status, "api.too_slow")
        await answer(scope, receive, send)


class _Refused(Exception):
    """More came than was announced or is allowed, or it did not come to an end."""


class _Counted:
    """Counts what comes in; once it is refused, nothing of the app's answer goes out.

    `refused` is the status to answer with, 0 while all is well.
    """

    def __init__(self, receive: Receive, send: Send, largest: int, seconds: float) -> None:
        self._receive, self._send, self._left = receive, send, largest
        self._ends = asyncio.get_running_loop().time() + seconds
        self._whole = self.answered = False
        self.refused = 0

    async def receive(self) -> Message:
        if self._whole:
            # Now the app only waits for the caller to hang up, and may wait as long as it likes.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            self.refused = 408
            raise _Refused from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.refused = 413
            raise _Refused
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.refused and not self.answered:
            return
        self.answered = True
        await self._send(message)
