"""One end for a whole call, however slowly its parts arrive.

A timeout of a socket begins anew with every byte, so a vendor that drips would hold a worker for
ever. The end is kept beside the call, and every wait on its socket is cut to what is left of it.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any

import httpcore

_end: ContextVar[float | None] = ContextVar("end", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let everything in the block end after so many seconds; an earlier end stays in force."""
    end, outer = time.monotonic() + seconds, _end.get()
    mark = _end.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _end.reset(mark)


def left() -> float | None:
    """Seconds until the end, None when there is none, 0 when it has passed."""
    end = _end.get()
    return None if end is None else max(0.0, end - time.monotonic())


class TimedStream(httpcore.NetworkStream):
    """A socket whose waits never go past the end of the call that uses it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As much as has arrived.

        Raises:
            httpcore.ReadTimeout: Nothing arrived in time, or the call has come to its end.
        """
        return self._inner.read(max_bytes, shorter(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it.

        Raises:
            httpcore.WriteTimeout: As `read`.
        """
        self._inner.write(buffer, shorter(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same socket under TLS, with the same end."""
        limit = shorter(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        """What the socket tells about itself; the pool asks whether it is still open."""
        return self._inner.get_extra_info(info)


def shorter(timeout: float | None, late: type[Exception]) -> float | None:
    """The timeout, cut to what is left.

    Raises:
        late: Nothing is left.
    """
    rest = left()
    if rest is None:
        return timeout
    if rest <= 0:
        raise late("the call has come to its end")
    return rest if timeout is None else min(timeout, rest)


def watched(chunks: Iterable[bytes], late: type[Exception]) -> Iterator[bytes]:
    """The chunks as they come, for networks whose sockets know no end.

    Raises:
        late: The end has passed.
    """
    for chunk in chunks:
        shorter(None, late)
        yield chunk
