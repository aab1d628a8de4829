"""The yardstick of the intake benchmark: Starlette, HMAC, and a group commit on SQLite.

The same promise with nothing around it: 200 means that the body is on disk, once for each id.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import sqlite3
import threading
import time
from queue import Empty, SimpleQueue

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KEY = base64.b64decode(os.environ["BARE_KEY"])
waiting: SimpleQueue = SimpleQueue()


def write() -> None:
    store = sqlite3.connect(os.environ["BARE_DATABASE"], isolation_level=None)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute("CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, body BLOB, at REAL)")
    while True:
        taken = [waiting.get()]
        while True:
            try:
                taken.append(waiting.get_nowait())
            except Empty:
                break
        rows = [(name, body, time.time()) for name, body, _loop, _saved in taken]
        store.execute("BEGIN IMMEDIATE")
        store.executemany("INSERT OR IGNORE INTO event VALUES (?, ?, ?)", rows)
        store.execute("COMMIT")
        taken[0][2].call_soon_threadsafe(settle, [saved for *_rest, saved in taken])


def settle(saved: list[asyncio.Future]) -> None:
    for one in saved:
        one.set_result(None)


async def hook(request: Request) -> Response:
    body = await request.body()
    name = request.headers["webhook-id"]
    signed = f"{name}.{request.headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(f"v1,{right}", request.headers["webhook-signature"]):
        return Response("no", 401)
    loop = asyncio.get_running_loop()
    saved = loop.create_future()
    waiting.put((name, body, loop, saved))
    await saved
    return Response("ok")


app = Starlette(routes=[Route("/hooks/{token}", hook, methods=["POST"])])
threading.Thread(target=write, daemon=True).start()
