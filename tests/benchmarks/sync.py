"""Reading a stream: CPU and speed against plain code, memory against the number of records.

SYNC_MANY sets how many records the memory is measured with: 200,000, or 1,000,000 with patience.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from tests.benchmarks import plain
from tests.benchmarks.room import OPERATOR, Room, furnished, plant
from tests.benchmarks.table import Line
from tests.benchmarks.vendor import Pages, Vendor, rendered
from tests.doubles import HandJobs

RECORDS, ROUNDS = 10_000, 5
FEW, MANY = 10_000, int(os.environ.get("SYNC_MANY", "200000"))


@dataclass(frozen=True)
class Cost:
    """What one reading took: of the processor, and by the clock."""

    cpu: float
    wall: float


def lines() -> list[Line]:
    """First reading, the same again, memory."""
    vendor = Vendor(rendered(RECORDS))
    _plain(vendor)
    _desk(vendor)
    # As every process of the desk does once it works; for the plain code too.
    gc.collect()
    gc.freeze()
    # In turns, so that a slower minute of the machine falls on both.
    rounds = [(_desk(vendor), _plain(vendor)) for _ in range(ROUNDS)]
    names = ("first reading", "unchanged, read in full")
    return [
        *(
            line
            for at, name in enumerate(names)
            for line in _compared(name, [(ours[at], bare[at]) for ours, bare in rounds])
        ),
        _memory(),
    ]


def _desk(vendor: httpx.BaseTransport) -> tuple[Cost, Cost]:
    with furnished(HandJobs()) as room:
        plant(room.desk, vendor)
        first = _cost(lambda: read(room, "first"))
        return first, _cost(lambda: read(room, "resync"))


def _plain(vendor: httpx.BaseTransport) -> tuple[Cost, Cost]:
    with TemporaryDirectory() as folder:
        database = Path(folder) / "plain.db"
        first = _cost(lambda: plain.sync(vendor, database))
        return first, _cost(lambda: plain.sync(vendor, database))


def read(room: Room, reason: str) -> None:
    """Read the whole stream; what is already there is met, not skipped."""
    sync = room.desk.sync
    if reason == "resync":
        run = sync.resync(OPERATOR, room.connection_id)
    else:
        run = sync.request(OPERATOR, room.connection_id, reason)
    room.desk.jobs.drain()
    with room.desk.store.transaction() as session:
        ended = session.get_one(type(run), run.id)
    assert ended.state == "succeeded", f"{ended.state} {ended.error_code} {ended.error_reason}"


def _cost(work: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def _compared(name: str, rounds: list[tuple[Cost, Cost]]) -> list[Line]:
    cpu = median(ours.cpu / bare.cpu for ours, bare in rounds)
    wall = median(ours.wall / bare.wall for ours, bare in rounds)
    ours = Cost(median(o.cpu for o, _ in rounds), median(o.wall for o, _ in rounds))
    bare = Cost(median(b.cpu for _, b in rounds), median(b.wall for _, b in rounds))
    return [
        Line(
            what=f"sync, {name}: CPU per record",
            ours=f"{ours.cpu / RECORDS * 1e6:.0f} µs",
            yardstick=f"{bare.cpu / RECORDS * 1e6:.0f} µs",
            ratio=f"{cpu:.2f}",
            aim="≤ 1.5",
        ),
        Line(
            what=f"sync, {name}: records a second",
            ours=f"{RECORDS / ours.wall:,.0f}",
            yardstick=f"{RECORDS / bare.wall:,.0f}",
            ratio=f"{1 / wall:.2f}",
            aim="-",
        ),
    ]


def _memory() -> Line:
    few, many = _peak(FEW), _peak(MANY)
    return Line(
        what=f"sync: peak memory of {MANY:,} records to {FEW:,}",
        ours=f"{many:.0f} MB",
        yardstick=f"{few:.0f} MB",
        ratio=f"{many / few:.2f}",
        aim="about 1.0",
    )


def _peak(records: int) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.sync", str(records)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def _read_alone(records: int) -> int:
    """Read so many records, made one page at a time; the peak of this process in KB."""
    with furnished(HandJobs()) as room:
        plant(room.desk, Vendor(Pages(records)))
        read(room, "first")
    # Not by getrusage: there a child begins with the peak of the process that started it.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    sys.stdout.write(str(_read_alone(int(sys.argv[1]))))
