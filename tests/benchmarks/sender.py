"""`python -m tests.benchmarks.sender`: sends prepared requests as fast as they are answered.

Reads one line of JSON from its input: {port, connections, requests: [base64]}; each connection
sends its next request when the last is answered. Prints {seconds, statuses, latencies}.
"""

import asyncio
import base64
import json
import sys
import time
from collections import Counter

import uvloop


class Caller(asyncio.Protocol):
    """One connection; answers are short and have a content-length."""

    def __init__(self, work: list[bytes], statuses: Counter, latencies: list[float]) -> None:
        self._work, self._statuses, self._latencies = work, statuses, latencies
        self._buffer = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self._latencies.append(time.perf_counter() - self._begun)
        self._statuses[int(head[9:12])] += 1
        self._buffer = rest[length:]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(exc)

    def _next(self) -> None:
        if not self._work:
            self._transport.close()
            return
        request = self._work.pop()
        self._begun = time.perf_counter()
        self._transport.write(request)


async def send(port: int, connections: int, requests: list[bytes]) -> dict:
    """What came of sending all of them."""
    statuses: Counter = Counter()
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    callers = []
    for _ in range(connections):
        _, caller = await loop.create_connection(
            lambda: Caller(requests, statuses, latencies), "127.0.0.1", port
        )
        callers.append(caller.done)
    await asyncio.gather(*callers)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "statuses": statuses, "latencies": latencies}


if __name__ == "__main__":
    asked = json.loads(sys.stdin.readline())
    prepared = [base64.b64decode(request) for request in asked["requests"]]
    told = uvloop.run(send(asked["port"], asked["connections"], prepared))
    json.dump(told, sys.stdout)
