"""Webhooks taken in durably: the real door against Starlette, HMAC and a bare group commit.

Both serve under the same uvicorn settings and get the very same signed requests from a process
of its own, 32 connections at a time, in turns. Processing is not part of it: the desk runs in
the role `web`.
"""

import base64
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from dashboard import assembly
from dashboard.connections import hook_keys
from dashboard.contracts.people import SYSTEM
from dashboard.kit.signatures import StandardWebhooks
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store import migrate
from dashboard.store.connections import Connection
from tests.benchmarks.table import Line
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 32
REQUESTS = int(os.environ.get("INTAKE_REQUESTS", "3000"))
ROUNDS = int(os.environ.get("INTAKE_ROUNDS", "5"))
TOKEN = "intake-token-0001"
SECRET = f"whsec_{base64.b64encode(b'intake-secret-of-32-bytes-000000').decode()}"
BODY = json.dumps(
    {
        "type": "order.paid",
        "timestamp": "2026-11-24T10:00:00Z",
        "data": {"id": 17, "name": "Анна Петрова", "items": [{"sku": n} for n in range(20)]},
    }
).encode()


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    pid: int


@dataclass(frozen=True)
class Sent:
    """One round: requests a second, 99th percentile in ms, the server's CPU µs a request."""

    rate: float
    p99: float
    cpu: float


def lines() -> list[Line]:
    """Requests a second and the 99th percentile; the CPU of a request tells the same calmly."""
    with TemporaryDirectory() as folder, desk(Path(folder)) as ours, bare(Path(folder)) as theirs:
        shoot(ours, REQUESTS // 3)
        shoot(theirs, REQUESTS // 3)
        pairs = [(shoot(ours), shoot(theirs)) for _ in range(ROUNDS)]
    mine, yours = zip(*pairs, strict=True)
    rate, bare_rate = median(s.rate for s in mine), median(s.rate for s in yours)
    p99, bare_p99 = median(s.p99 for s in mine), median(s.p99 for s in yours)
    cpu, bare_cpu = median(s.cpu for s in mine), median(s.cpu for s in yours)
    return [
        Line(
            what=f"intake: durable webhooks a second, {CONNECTIONS} connections",
            ours=f"{rate:.0f}",
            yardstick=f"{bare_rate:.0f}",
            ratio=f"{median(o.rate / t.rate for o, t in pairs):.2f}",
            aim="≥ 0.6",
        ),
        Line(
            what="intake: slowest of a hundred",
            ours=f"{p99:.1f} ms",
            yardstick=f"{bare_p99:.1f} ms",
            ratio=f"{median(o.p99 / t.p99 for o, t in pairs):.2f}",
            aim="< 3",
        ),
        Line(
            what="intake: CPU of a webhook",
            ours=f"{cpu:.0f} µs",
            yardstick=f"{bare_cpu:.0f} µs",
            ratio=f"{cpu / bare_cpu:.2f}",
            aim="-",
        ),
    ]


def shoot(server: Served, count: int = 0) -> Sent:
    """Send fresh, signed requests, and see that each was taken."""
    prepared = signed_requests(count or REQUESTS)
    asked = {"port": server.port, "connections": CONNECTIONS, "requests": prepared}
    before = _cpu_seconds(server.pid)
    told = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.sender"],
        input=f"{json.dumps(asked)}\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    cpu = _cpu_seconds(server.pid) - before
    found = json.loads(told.stdout)
    assert found["statuses"] == {"200": len(prepared)}, found["statuses"]
    slow = sorted(found["latencies"])[int(len(prepared) * 0.99)]
    return Sent(
        rate=len(prepared) / found["seconds"], p99=slow * 1000, cpu=cpu / len(prepared) * 1e6
    )


def signed_requests(count: int) -> list[str]:
    """Whole HTTP requests in base64, each with an id of its own."""
    signer = StandardWebhooks(secrets=[SECRET])
    made = []
    for _ in range(count):
        headers = signer.sign(f"msg_{secrets.token_hex(12)}", BODY)
        lines = [f"POST /hooks/{TOKEN} HTTP/1.1", "host: desk", "content-type: application/json"]
        lines += [f"content-length: {len(BODY)}", *(f"{k}: {v}" for k, v in headers.items())]
        made.append("\r\n".join([*lines, "", ""]).encode() + BODY)
    return [base64.b64encode(request).decode() for request in made]


@contextmanager
def desk(folder: Path) -> Iterator[Served]:
    """The desk as it is run, with one receiver connected."""
    connect(folder)
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "run", "--port", str(port)]
    settings = {"INTEGRATIONS_DATA_DIR": str(folder), "INTEGRATIONS_ROLE": "web"}
    with _running(command, port, settings) as served:
        yield served


@contextmanager
def bare(folder: Path) -> Iterator[Served]:
    """The yardstick, under the desk's own server settings."""
    port = free_port()
    code = (
        "import uvicorn; from dashboard.cli.commands import _SERVER;"
        f"uvicorn.run('tests.benchmarks.bare.intake_app:app', port={port}, "
        "**{**_SERVER, 'lifespan': 'off'})"
    )
    settings = {
        "BARE_DATABASE": str(folder / "bare.db"),
        "BARE_KEY": SECRET.removeprefix("whsec_"),
    }
    with _running([sys.executable, "-c", code], port, settings) as served:
        yield served


def connect(folder: Path, **settings: object) -> str:
    """A migrated database with a connection that listens at TOKEN; its id."""
    made = assembly.build(Settings(data_dir=folder, **settings))
    migrate.upgrade(made.store)
    made.vault.check_key(made.store)
    agent = made.agents.create(SYSTEM, "Intake")
    link = Connection(agent_id=agent.id, provider="webhook", method="hook", state="active")
    link.hook_hash = hook_keys.hashed(TOKEN)
    with made.store.transaction() as session:
        session.add(link)
        session.flush()
        made.vault.seal(session, owner(link.id), hook_keys.SECRET, SECRET)
    made.inbound.close()
    made.store.close()
    return link.id


@contextmanager
def _running(command: list[str], port: int, settings: dict[str, str]) -> Iterator[Served]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port, process)
        yield Served(port, process.pid)
    finally:
        process.kill()
        process.wait()


def _await(port: int, process: subprocess.Popen) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server has ended"
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except URLError as error:
            if hasattr(error, "code"):
                return
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
