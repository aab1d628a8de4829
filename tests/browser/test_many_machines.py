"""Two web processes and workers on one PostgreSQL: for a person it is one desk."""

import base64
import re
import secrets
import socket
import subprocess
import sys
import threading

import pytest

from tests import postgres
from tests.browser.conftest import ROOT, RunningDesk
from tests.browser.test_ten_minutes import until
from tests.browser.walker import Walker, join

LANGUAGE = "ru"


class Workers:
    """Processes started by `python -m dashboard worker`: workers() gives one more."""

    def __init__(self, desk, folder):
        self._environment = {**desk.environment, "INTEGRATIONS_ROLE": "worker"}
        self._folder, self._started = folder, []

    def __call__(self):
        path = self._folder / f"{len(self._started)}.log"
        with path.open("wb") as log:
            self._started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dashboard", "worker"],
                    cwd=ROOT,
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                )
            )
        until(lambda: "working" in path.read_text(), 60)
        return self._started[-1]

    def kill_all(self):
        for process in self._started:
            process.kill()
            process.wait(20)


@pytest.fixture(scope="module")
def database():
    with postgres.running():
        yield postgres.fresh_database()


class Front:
    """One address before two machines: each new TCP connection goes to `target`."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        self.target = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            machine = socket.create_connection(("127.0.0.1", self.target))
            for ends in ((visitor, machine), (machine, visitor)):
                threading.Thread(target=_relay, args=ends, daemon=True).start()

    def close(self):
        self._listener.close()


def _relay(source, sink):
    with source, sink:
        try:
            while chunk := source.recv(65536):
                sink.sendall(chunk)
        except OSError:
            return


@pytest.fixture(scope="module")
def front():
    made = Front()
    yield made
    made.close()


@pytest.fixture(scope="module")
def machines(database, front, tmp_path_factory):
    """Two desks that only serve, with one database and one key."""
    folder = tmp_path_factory.mktemp("many")
    shared = {
        "INTEGRATIONS_DATABASE_URL": database,
        "INTEGRATIONS_ROLE": "web",
        "INTEGRATIONS_PUBLIC_URL": front.url,
        "INTEGRATIONS_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    started = []
    for name in ("first", "second"):
        (folder / name).mkdir()
        started.append(RunningDesk(folder / name, **shared))
    front.target = started[0].port
    yield started
    for desk in started:
        desk.stop()


@pytest.fixture(scope="module")
def worker(machines, tmp_path_factory):
    made = Workers(machines[0], tmp_path_factory.mktemp("workers"))
    yield made
    made.kill_all()


@pytest.fixture(scope="module")
def api(machines):
    with machines[0].api() as client:
        yield client


@pytest.fixture(scope="module")
def agent_id(api):
    return api.post("/agents", json={"name": "Много машин"}).json()["id"]


@pytest.fixture(scope="module")
def walker(machines, front, chromium, agent_id):
    """A person who knows one address; `front.target` says which machine answers next."""
    context = chromium.new_context(locale="ru-RU", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    # Only the link that was printed last works.
    join(page, re.search(rf"{front.url}/join/\S+", machines[1].log.read_text()).group(0))
    yield Walker(page, front.url, LANGUAGE, agent_id)
    context.close()


@pytest.fixture
def runs(api, agent_id):
    def newest_first():
        answer = api.get(f"/agents/{agent_id}/integrations/kommo/sync")
        assert answer.status_code == 200, answer.text
        return answer.json()["runs"]

    return newest_first


@pytest.fixture(scope="module")
def connected(walker):
    """Kommo's sandbox, set up at the first machine."""
    walker.connect_kommo()


@pytest.mark.usefixtures("connected")
def test_the_second_machine_knows_the_person_and_the_connection(walker, machines, front):
    front.target = machines[1].port
    walker.open()

    assert walker.say("integrations.badge.connected") in walker.text()
    assert "Окна и двери" in walker.text()


@pytest.mark.usefixtures("connected")
def test_work_waits_for_a_worker_and_is_then_seen_everywhere(walker, worker, runs, machines, front):
    assert runs() == []
    worker()

    until(lambda: [run for run in runs() if run["state"] == "succeeded"], 60)
    for machine in machines:
        front.target = machine.port
        walker.open("/records")
        walker.page.get_by_test_id("stDataFrame").first.wait_for()
        assert walker.said("kommo", "streams", "deals") in walker.text()


@pytest.mark.usefixtures("connected")
def test_a_worker_killed_in_the_middle_is_replaced(worker, runs, api, agent_id):
    base = f"/agents/{agent_id}/integrations/kommo"
    before = _count(api, base)
    asked = api.post(f"{base}/sync", json={"full": True})
    assert asked.status_code == 202, asked.text
    until(lambda: runs()[0]["state"] != "queued")
    worker.kill_all()
    worker()

    until(lambda: runs()[0]["state"] == "succeeded", 90)
    assert _count(api, base) == before > 0


@pytest.mark.usefixtures("worker")
def test_a_popup_begun_at_one_machine_ends_at_the_other(walker, machines, front, api, agent_id):
    front.target = machines[0].port
    walker.choose_sandbox("google_calendar")
    frame = walker.page.frame_locator("iframe[title*='streamlit_oauth']")
    with walker.page.context.expect_page() as opened:
        frame.get_by_role("button").click()
    opened.value.wait_for_load_state()
    front.target = machines[1].port
    opened.value.get_by_role("button").first.click()
    next_step = walker.dialog.get_by_role("button", name=walker.say("setup.next"))
    next_step.wait_for(timeout=20_000)
    walker.next()
    walker.next()
    walker.finish()

    link = api.get(f"/agents/{agent_id}/integrations/google_calendar").json()
    assert (link["state"], link["account"]["name"]) == ("active", "anna.smirnova@example.com")


@pytest.mark.usefixtures("connected")
def test_a_workers_polite_end_leaves_nothing_behind(worker, runs, api, agent_id):
    leaving, staying = worker(), worker()
    api.post(f"/agents/{agent_id}/integrations/kommo/sync")

    leaving.terminate()
    assert leaving.wait(30) == 0
    until(lambda: runs()[0]["state"] == "succeeded", 60)
    assert staying.poll() is None


def _count(api, base):
    counted, cursor = 0, ""
    while cursor is not None:
        answer = api.get(f"{base}/records/deals", params={"limit": 100, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        counted += len(answer.json()["records"])
        cursor = answer.json()["next_cursor"] or None
    return counted
