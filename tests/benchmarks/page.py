"""Opening the start page, against one line of Streamlit; both warm, in a real Chromium."""

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
from tests.browser.conftest import CHROMIUM, ROOT, RunningDesk, free_port

LOADS, WARM = 9, 3
# Milliseconds since navigation began, as soon as so many of these can be seen.
SEEN = """([selector, least]) => {
  const found = [...document.querySelectorAll(selector)].filter(one => one.offsetHeight > 0);
  return found.length >= least && performance.now();
}"""
PERSON = {
    "name": "Анна Админова",
    "email": "anna@example.com",
    "password": "correct horse battery staple",
    "repeated": "correct horse battery staple",
}


def lines() -> list[Line]:
    """One line, or its reason when there is no browser."""
    if CHROMIUM is None:
        reason = "page: skipped, there is no Chromium on this machine"
        return [Line(what=reason, ours="-", yardstick="-", ratio="-", aim="≤ 1.3")]
    desk, bare = _measured()
    return [
        Line(
            what="page: from address to the last card",
            ours=f"{desk:.0f} ms",
            yardstick=f"{bare:.0f} ms",
            ratio=f"{desk / bare:.2f}",
            aim="≤ 1.3",
        )
    ]


def _measured() -> tuple[float, float]:
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, _bare() as bare_url, sync_playwright() as playwright:
        desk = RunningDesk(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_context(locale="en-US").new_page()
            _join(page, desk.join_link())
            return _in_turns(page, desk.url, bare_url)
        finally:
            browser.close()
            desk.stop()


def _in_turns(page: Any, desk_url: str, bare_url: str) -> tuple[float, float]:
    cards = len(registry.ids())
    pairs = [
        (
            _load(page, desk_url, ".st-key-cards h3", cards),
            _load(page, bare_url, "h1", 1),
        )
        for _ in range(WARM + LOADS)
    ]
    ours, theirs = zip(*pairs[WARM:], strict=True)
    return median(ours), median(theirs)


def _load(page: Any, url: str, selector: str, least: int) -> float:
    page.goto(url, wait_until="commit")
    seen = page.wait_for_function(SEEN, arg=[selector, least], polling="raf")
    return float(seen.json_value())


def _join(page: Any, link: str) -> None:
    page.goto(link)
    for name, value in PERSON.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("form button[type=submit]").last.click()
    page.get_by_test_id("stMain").wait_for()


@contextmanager
def _bare() -> Iterator[str]:
    port = free_port()
    serve = (
        "import uvicorn; from dashboard.cli.commands import _SERVER;"
        f"uvicorn.run('tests.benchmarks.bare.app:app', port={port}, **_SERVER)"
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
