"""How long the server waits for a client that sends slowly, or sends nothing at all."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# From the connection, or the first byte of a later request, to the end of the headers.
HEAD_SECONDS = 10.0
# From there to the end of the body; the largest body is a megabyte.
BODY_SECONDS = 60.0
HEAD_BYTES = 64 * 1024


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol, which waits for ever, with an end to its patience.

    Without one, clients that open connections and drip a byte now and then hold each of them
    for as long as they like.
    """

    head_seconds, body_seconds = HEAD_SECONDS, BODY_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _waiting_for = ""
    _phase = "head"
    _head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Expect the first headers."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see what is still to come."""
        if self._phase != "body":
            self._head_bytes += len(data)
        super().data_received(data)
        if self._phase != "head":
            self._head_bytes = 0
        elif self._head_bytes > HEAD_BYTES:
            self._give_up()
            return
        self._watch()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._phase = "head"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._phase = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._phase = "whole"
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Another protocol goes on with this connection, in its own time."""
        self._phase = "whole"
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is expected."""
        self._phase = "whole"
        self._watch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Set the deadline of the phase, unless it is set already or all is there."""
        if self._waiting_for == self._phase:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._waiting_for = self._phase
        if self._phase != "whole":
            seconds = self.head_seconds if self._phase == "head" else self.body_seconds
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
