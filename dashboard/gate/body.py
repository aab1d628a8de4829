"""A limit on the size of request bodies, whatever the request says about its length."""

from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.gate.answers import problem


class BodyLimit:
    """Answers 413 instead of reading more than `largest` bytes."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request of bearable size through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = problem(scope, 413, "api.too_large", bytes=str(self._largest))
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > self._largest:
            await refusal(scope, receive, send)
            return
        counted = _Counted(receive, send, self._largest)
        with suppress(_TooLarge):
            await self._app(scope, counted.receive, counted.send)
        if counted.full and not counted.answered:
            await refusal(scope, receive, send)


class _TooLarge(Exception):
    """More came than was announced or is allowed."""


class _Counted:
    """Counts what comes in; once it is too much, nothing of the app's answer goes out."""

    def __init__(self, receive: Receive, send: Send, largest: int) -> None:
        self._receive, self._send, self._left = receive, send, largest
        self.full = self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.full = True
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.full and not self.answered:
            return
        self.answered = True
        await self._send(message)
