"""From the start of the process to the first page served, against one line of Streamlit."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from tests.benchmarks.table import Line
from tests.browser.conftest import ROOT
from tests.ports import free_port

STARTS = 5
BARE = (
    "import sys, uvicorn; from dashboard.cli.commands import _SERVER;"
    " uvicorn.run('tests.benchmarks.bare.app:app', port=int(sys.argv[1]), **_SERVER)"
)


def lines() -> list[Line]:
    """Two lines: an installation that starts again, and one that starts for the first time."""
    with TemporaryDirectory() as folder:
        data = Path(folder)
        first = [_desk(data / str(number)) for number in range(2)]
        again, bare = [], []
        for _ in range(STARTS):
            again.append(_desk(data / "0"))
            bare.append(_seconds([sys.executable, "-c", BARE]))
    return [
        _line("start: again, to the first page", again, bare),
        _line("start: first time, with all tables made", first, bare),
    ]


def _line(what: str, ours: Sequence[float], theirs: Sequence[float]) -> Line:
    one, other = median(ours), median(theirs)
    ratio = f"{one / other:.2f}"
    return Line(what=what, ours=f"{one:.1f} s", yardstick=f"{other:.1f} s", ratio=ratio, aim="≤ 2")


def _desk(data: Path) -> float:
    command = [sys.executable, "-m", "dashboard", "run", "--port"]
    return _seconds(command, INTEGRATIONS_DATA_DIR=str(data))


def _seconds(command: Sequence[str], **environment: str) -> float:
    port = free_port()
    begun = time.perf_counter()
    with _process([*command, str(port)], environment) as process:
        while process.poll() is None and time.perf_counter() - begun < 120:
            try:
                answer = httpx.get(
                    f"http://127.0.0.1:{port}/",
                    headers={"accept": "text/html"},
                    follow_redirects=True,
                    timeout=30,
                )
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            assert answer.status_code == 200, answer.status_code
            return time.perf_counter() - begun
    raise AssertionError(f"no page came from {command[-1]}: exit {process.returncode}")


@contextmanager
def _process(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    env = {**os.environ, **environment}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
