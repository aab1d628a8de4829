"""The assembled desk with several connections to a vendor over real HTTP, and its workers."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dashboard import assembly, registry
from dashboard.assembly import Dashboard
from dashboard.jobs import Jobs, Pace
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store.agents import Agent
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from tests import fresh
from tests.benchmarks import room
from tests.benchmarks.vendor import row
from tests.visitors import visiting

PACE = Pace(interactive=0.1, normal=0.2, bulk=0.2, beat=0.3, dead=4.0, grace=4.0)


@dataclass
class Source:
    """What the vendor has: rows by number, given in pages. `before` runs ahead of each answer."""

    size: int = 50
    latency: float = 0.0
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    before: Any = lambda _: None

    def fill(self, records: int) -> None:
        self.rows = {n: row(n) for n in range(records)}

    def page(self, place: int) -> bytes:
        time.sleep(self.latency)
        self.before(place)
        rows = list(self.rows.values())
        more = (place + 1) * self.size < len(rows)
        items = rows[place * self.size : (place + 1) * self.size]
        return json.dumps({"items": items, "next": str(place + 1) if more else None}).encode()


@contextmanager
def vendor(source: Source) -> Iterator[str]:
    """Its address, for as long as the block lasts."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            body = source.page(int(query.get("token", ["0"])[0]))
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def build(settings: dict[str, Any], pace: Pace = PACE) -> Dashboard:
    """The desk as every process of the installation has it."""
    made = Settings(**settings)
    return assembly.build(made, jobs=Jobs(Store(made.database), made, pace))


@contextmanager
def desk(settings: dict[str, Any], connections: int) -> Iterator[tuple[Dashboard, list[str]]]:
    """A migrated desk with so many connections to Bench; it enqueues and reads."""
    with visiting(room.PROVIDERS):
        made = build(settings)
        fresh.upgrade(made.store)
        made.vault.check_key(made.store)
        yield made, [_connected(made, number) for number in range(connections)]
        made.inbound.close()
        made.store.close()


def work(settings: dict[str, Any], pace: Pace = PACE) -> None:
    """Be a worker until killed, or told to end by SIGTERM."""
    from dashboard import worker

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    registry.discover(room.PROVIDERS)
    worker.work(build(settings, pace))


def _connected(desk: Dashboard, number: int) -> str:
    link = Connection(
        agent_id=f"agt_{number}",
        provider="bench",
        method="keys",
        state="active",
        account_id=f"account-{number}",
    )
    with desk.store.transaction() as session:
        session.add(Agent(id=link.agent_id, name=f"Агент {number}"))
        session.flush()
        session.add(link)
        session.flush()
        key = json.dumps({"api_key": "bench-key-0001"})
        desk.vault.seal(session, owner(link.id), "credentials", key)
    return link.id


def settings(folder: Path, database: str, address: str) -> dict[str, Any]:
    """For a desk whose Bench is at this address."""
    hosts = {"bench": {"api": address}}
    return {"data_dir": folder, "database_url": database, "provider_hosts": hosts}
