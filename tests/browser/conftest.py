"""The desk as a person gets it: started by its own command, opened in a real Chromium."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.browser.walker import Walker, join
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
SHOTS = Path(os.environ.get("SHOTS", ROOT / "tests/browser/shots"))


class Stories(LoadScopeScheduling):
    """Keeps a file's walks in one language together, in one process; each is one story."""

    def _split_scope(self, nodeid):
        language = re.search(r"\[(ru|en)\b", nodeid)
        return nodeid.split("::")[0] + (language.group() if language else "")


def pytest_xdist_make_scheduler(config, log):
    return Stories(config, log)


def pytest_collection_modifyitems(items):
    """Give each walk its time; say why, when there is no browser to walk in."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


class RunningDesk:
    """The process started by `python -m dashboard run` on an empty data folder."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = data / "desk.log"
        env = {
            **os.environ,
            "INTEGRATIONS_DATA_DIR": str(data),
            "INTEGRATIONS_PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
            # The receiver of the webhook walk listens on this machine.
            "INTEGRATIONS_EGRESS_ALLOW": '["127.0.0.0/8", "::1/128"]',
            **environment,
        }
        self.environment = env
        command = [sys.executable, "-m", "dashboard", "run", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        for _ in range(240):
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/readyz", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.25)
        raise AssertionError(f"the desk did not start:\n{self.log.read_text()}")

    def join_link(self) -> str:
        """The one-time link the console printed."""
        return re.search(rf"{self.url}/join/\S+", self.log.read_text()).group(0)

    def api(self) -> httpx.Client:
        """An API client with a token made by the command line."""
        made = subprocess.run(
            [sys.executable, "-m", "dashboard", "token", "create", "--name", "walk"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        token = re.search(r"idk_\S+", made.stdout).group(0)
        return httpx.Client(
            base_url=f"{self.url}/api", headers={"authorization": f"Bearer {token}"}, timeout=60
        )

    def stop(self) -> int:
        """Stop as a service manager would; the exit code."""
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    desk = RunningDesk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.stop()


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(running, chromium):
    """Cookies of the admin who opened the one-time link."""
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    join(page, running.join_link())
    state = context.storage_state()
    context.close()
    return state


LOCALES = {"ru": "ru-RU", "en": "en-US"}


@pytest.fixture(scope="session")
def api(running):
    with running.api() as client:
        yield client


@pytest.fixture(scope="session", params=LOCALES)
def language(request):
    return request.param


@pytest.fixture(scope="session")
def agent_id(api, language):
    """An agent of this language's own."""
    return api.post("/agents", json={"name": f"Walk {language}"}).json()["id"]


@pytest.fixture(scope="session")
def walker(running, chromium, signed_in, language, agent_id):
    """A window that looks at this language's agent."""
    context = chromium.new_context(
        locale=LOCALES[language],
        viewport={"width": 1280, "height": 900},
        storage_state=signed_in,
    )
    made = Walker(context.new_page(), running.url, language, agent_id)
    yield made
    context.close()
