"""Opening the start page, against one line of Streamlit and against bare cards.

All are warm, in a real Chromium, loaded in turns. The bare cards (`bare/floor_page.py`) show
what of the difference is Streamlit's own price for five cards and a menu.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from dashboard import registry
from tests.benchmarks.table import Line
from tests.browser.conftest import CHROMIUM, ROOT, RunningDesk
from tests.browser.walker import join
from tests.ports import free_port

LOADS, WARM = 9, 3
CARDS, FLOOR_CARDS = ".st-key-cards h3", 5
# Milliseconds since navigation began, as soon as so many of these can be seen.
SEEN = """([selector, least]) => {
  const found = [...document.querySelectorAll(selector)].filter(one => one.offsetHeight > 0);
  return found.length >= least && performance.now();
}"""


def lines() -> list[Line]:
    """Two lines, or the reason when there is no browser."""
    if CHROMIUM is None:
        reason = "page: skipped, there is no Chromium on this machine"
        return [Line(what=reason, ours="-", yardstick="-", ratio="-", aim="≤ 1.3")]
    desk, floor, bare = _measured()
    return [
        _line("page: from address to the last card", desk, bare, aim="≤ 1.3"),
        _line("page: five bare cards and a menu instead", floor, bare, aim="the floor"),
    ]


def _line(what: str, ours: float, bare: float, *, aim: str) -> Line:
    ratio = f"{ours / bare:.2f}"
    return Line(what=what, ours=f"{ours:.0f} ms", yardstick=f"{bare:.0f} ms", ratio=ratio, aim=aim)


def _measured() -> tuple[float, ...]:
    """Milliseconds of the desk, of the bare cards and of the one line."""
    from playwright.sync_api import sync_playwright

    with (
        TemporaryDirectory() as folder,
        _bare("floor") as floor,
        _bare("app") as bare,
        sync_playwright() as playwright,
    ):
        desk = RunningDesk(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_context(locale="en-US").new_page()
            join(page, desk.join_link())
            cards = len(registry.ids())
            return _in_turns(
                page, (desk.url, CARDS, cards), (floor, CARDS, FLOOR_CARDS), (bare, "h1", 1)
            )
        finally:
            browser.close()
            desk.stop()


def _in_turns(page: Any, *pages: tuple[str, str, int]) -> tuple[float, ...]:
    """The median of each page; a page is its address, and what of it must be seen how often."""
    rounds = [[_load(page, *one) for one in pages] for _ in range(WARM + LOADS)]
    return tuple(median(times) for times in zip(*rounds[WARM:], strict=True))


def _load(page: Any, url: str, selector: str, least: int) -> float:
    page.goto(url, wait_until="commit")
    seen = page.wait_for_function(SEEN, arg=[selector, least], polling="raf")
    return float(seen.json_value())


@contextmanager
def _bare(name: str) -> Iterator[str]:
    port = free_port()
    serve = (
        "import uvicorn; from dashboard.cli.commands import _SERVER;"
        f"uvicorn.run('tests.benchmarks.bare.{name}:app', port={port}, **_SERVER)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", serve], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://localhost:{port}"
        _until_ready(url)
        yield url
        process.terminate()


def _until_ready(url: str) -> None:
    for _ in range(240):
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            time.sleep(0.25)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")
