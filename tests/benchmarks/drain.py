"""The engine under load: connections side by side, a backlog of due ones, and an idle tick.

DRAIN_DUE and DRAIN_CROWD set how many are due, and how many there are when nothing is.
"""

import json
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import assembly, clock, registry
from dashboard.assembly import Dashboard
from dashboard.jobs import Jobs, Pace
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store import migrate
from dashboard.store.agents import Agent
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.store.sync import SyncRun
from tests import multitude, postgres
from tests.benchmarks import plain, room
from tests.benchmarks.table import Line
from tests.benchmarks.vendor import Pages, Vendor
from tests.doubles import HandJobs
from tests.processes import crew

DUE = int(os.environ.get("DRAIN_DUE", "300"))
CROWD = int(os.environ.get("DRAIN_CROWD", "100000"))
FEW, TICKS = 1000, 200
TOGETHER, LATENCY, PAGES, PAGE_ROWS = 20, 0.1, 20, 25
PATIENCE = 1200.0
LATER = timedelta(hours=1)
KEY = SecretStr(b64encode(bytes(32)).decode())  # of databases that are gone a minute later


def lines() -> list[Line]:
    """Side by side, drained on both databases, idle."""
    # As it is shipped: with a queue of ten thousand it must look at its statistics now and then.
    with postgres.running("autovacuum = on"):
        return [_side_by_side(), *_drained(), *_idle()]


class Slow(Vendor):
    """Answers after a while, as a vendor across the ocean does."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(LATENCY)
        return super().handle_request(request)


# --- many connections at once -----------------------------------------------------------------


def _side_by_side() -> Line:
    alone, together = _rate(1), _rate(TOGETHER)
    return Line(
        what=f"sync: records a second, {TOGETHER} connections to one, {LATENCY * 1000:.0f} ms away",
        ours=f"{together:,.0f}",
        yardstick=f"{alone:,.0f}",
        ratio=f"{together / alone:.1f}",
        aim="≥ 15",
    )


def _rate(connections: int) -> float:
    """Records a second, from the first run's start to the last one's end."""
    with TemporaryDirectory() as folder, _desk(_sqlite(folder), Pace()) as desk:
        room.plant(desk, Slow(Pages(PAGES * PAGE_ROWS, PAGE_ROWS)))
        _connect(desk, connections)
        desk.jobs.start("worker")
        _until(desk, connections)
        desk.jobs.stop()
        with desk.store.engine.connect() as connection:
            spent = sa.select(sa.func.min(SyncRun.started_at), sa.func.max(SyncRun.finished_at))
            begun, ended = connection.execute(spent).one()
    return connections * PAGES * PAGE_ROWS / (ended - begun).total_seconds()


# --- a backlog --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drain:
    """Syncs a second of one configuration."""

    what: str
    rate: float


def _drained() -> list[Line]:
    with TemporaryDirectory() as folder:
        script = _plain_rate(Path(folder))
        on_sqlite = Drain("SQLite, 1 worker", _drain(_sqlite(folder), folder, 1))
        one, two = (
            Drain(f"PostgreSQL, {n} worker", _drain(postgres.fresh_database(), folder, n))
            for n in (1, 2)
        )
    return [
        _line(on_sqlite, Drain("the plain script", script), "-"),
        _line(one, on_sqlite, "-"),
        _line(two, one, "-"),
    ]


def _line(ours: Drain, other: Drain, aim: str) -> Line:
    return Line(
        what=f"{DUE:,} due connections drained: {ours.what} to {other.what}",
        ours=f"{ours.rate:.0f} a second",
        yardstick=f"{other.rate:.0f} a second",
        ratio=f"{ours.rate / other.rate:.2f}",
        aim=aim,
    )


def _plain_rate(folder: Path) -> float:
    """The plain script, once for each connection, into one file."""
    vendor = Vendor(Pages(PAGE_ROWS))
    begun = time.perf_counter()
    for _ in range(DUE):
        plain.sync(vendor, folder / "plain.db")
    return DUE / (time.perf_counter() - begun)


def _drain(url: str, folder: str, workers: int) -> float:
    """From the first claim to the last end."""
    with _desk(url, Pace()) as desk:
        _connect(desk, DUE)
        with crew(_work, url, folder) as processes:
            for _ in range(workers):
                processes.start()
            _until(desk, DUE)
        with desk.store.engine.connect() as connection:
            spent = sa.select(sa.func.min(SyncRun.created_at), sa.func.max(SyncRun.finished_at))
            begun, ended = connection.execute(spent).one()
    return DUE / (ended - begun).total_seconds()


def _work(url: str, folder: str) -> None:
    registry.discover(room.PROVIDERS)
    desk = _built(url, folder, Pace())
    room.plant(desk, Vendor(Pages(PAGE_ROWS)))
    desk.jobs.start("worker")
    time.sleep(PATIENCE)


# --- nothing to do ----------------------------------------------------------------------------


def _idle() -> Iterator[Line]:
    for name in ("SQLite", "PostgreSQL"):
        few, many = (_tick(name, count) for count in (FEW, CROWD))
        yield Line(
            what=f"idle tick, {name}: {CROWD:,} connections to {FEW:,}",
            ours=f"{many * 1000:.2f} ms",
            yardstick=f"{few * 1000:.2f} ms",
            ratio=f"{many / few:.2f}",
            aim="about 1",
        )


def _tick(database: str, count: int) -> float:
    """Median seconds of a tick of the schedule that finds nothing."""
    with TemporaryDirectory() as folder:
        url = _sqlite(folder) if database == "SQLite" else postgres.fresh_database()
        settings = Settings(data_dir=Path(folder), database_url=url)
        desk = assembly.build(settings, jobs=HandJobs())  # type: ignore[arg-type]
        migrate.upgrade(desk.store)
        multitude.connections(desk.store, count, clock.now() + LATER)
        spent = [_timed(desk.sync.due) for _ in range(TICKS)]
        desk.inbound.close()
        desk.store.close()
    return median(spent)


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# --- the desk ---------------------------------------------------------------------------------


@contextmanager
def _desk(url: str, pace: Pace) -> Iterator[Dashboard]:
    registry.discover(room.PROVIDERS)
    with TemporaryDirectory() as folder:
        desk = _built(url, folder, pace)
        migrate.upgrade(desk.store)
        desk.vault.check_key(desk.store)
        yield desk
        desk.inbound.close()
        desk.store.close()


def _built(url: str, folder: str, pace: Pace) -> Dashboard:
    # One key for all processes of a measurement.
    settings = Settings(data_dir=Path(folder), database_url=url, key=KEY)
    return assembly.build(settings, jobs=Jobs(Store(url), settings, pace))


def _connect(desk: Dashboard, count: int) -> None:
    """That many connections to Bench, all due."""
    key = json.dumps({"api_key": "bench-key-0001"})
    with desk.store.transaction() as session:
        session.add_all(Agent(id=f"agt_{n}", name=f"Агент {n}") for n in range(count))
        session.flush()
        for n in range(count):
            link = Connection(
                agent_id=f"agt_{n}",
                provider="bench",
                method="keys",
                state="active",
                account_id=f"account-{n}",
                next_due_at=clock.now(),
            )
            session.add(link)
            desk.vault.seal(session, owner(link.id), "credentials", key)


def _until(desk: Dashboard, count: int) -> None:
    ended = sa.select(sa.func.count()).where(SyncRun.state == "succeeded")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with desk.store.engine.connect() as connection:
            if connection.execute(ended).scalar_one() >= count:
                return
        time.sleep(0.2)
    raise AssertionError(f"{count} syncs did not end")


def _sqlite(folder: str) -> str:
    return f"sqlite:///{folder}/desk.db"
