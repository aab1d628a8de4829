"""The serving process is told to leave while it works: jobs are finished, or handed on at once."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dashboard import assembly
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Jobs, Pace
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store import deliveries, receivers
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery
from tests import fresh
from tests.outbound.conftest import SECRET
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(240)
# Whoever waited until the process counts as dead would wait for minutes.
PATIENT = Pace(interactive=0.05, normal=0.05, bulk=0.1, beat=0.3, dead=300.0, grace=3.0)


class Ear(ThreadingHTTPServer):
    """A receiver that begins its answers at once and ends them when `patience` is over."""

    daemon_threads = True

    def __init__(self, patience):
        super().__init__(("127.0.0.1", 0), _Door)
        self.patience, self.calls, self.released = patience, 0, threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Door(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.server.calls += 1
        end = time.monotonic() + self.server.patience
        self.wfile.write(b"HTTP/1.1 204 No Content\r\n")
        while time.monotonic() < end and not self.server.released.wait(0.5):
            self.wfile.write(b"x-still: here\r\n")
        self.wfile.write(b"\r\n")

    def log_message(self, *_):
        pass


@pytest.fixture
def ears():
    """A receiver that soon has answered, and one that does not before it is released."""
    made = Ear(1), Ear(60)
    yield made
    for ear in made:
        ear.released.set()
        ear.shutdown()
        ear.server_close()


@pytest.fixture
def desk(tmp_path):
    """The desk of the process that comes after."""
    settings = Settings(data_dir=tmp_path / "data", egress_allow=["127.0.0.0/8"])
    jobs = Jobs(Store(settings.database), settings, PATIENT)
    made = assembly.build(settings, jobs=jobs)
    fresh.upgrade(made.store)
    made.vault.check_key(made.store)
    yield made
    made.jobs.stop()
    made.inbound.close()
    made.store.close()


@pytest.fixture
def serving(desk):
    """`python -m dashboard run` on the same data."""
    command = [sys.executable, "-m", "dashboard", "run", "--port", str(free_port())]
    chosen = {
        "INTEGRATIONS_DATA_DIR": str(desk.settings.data_dir),
        "INTEGRATIONS_EGRESS_ALLOW": '["127.0.0.0/8"]',
        "INTEGRATIONS_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **chosen}, stdout=subprocess.DEVNULL
    )
    yield process
    process.kill()
    process.wait()


def sent(desk, ear):
    """The id of a delivery on its way to a new agent's receiver."""
    agent = desk.agents.create(SYSTEM, ear.url).id
    row = Connection(agent_id=agent, provider="webhook", method="keys", state="active")
    row.account_id, row.open_fields = ear.url, {"url": ear.url}
    with desk.store.transaction() as session:
        session.add(row)
        session.flush()
        desk.vault.seal(
            session, owner(row.id), "credentials", json.dumps({"signing_secret": SECRET})
        )
        place = receivers.reserve(session, row.id, 1)
        told = Delivery(
            connection_id=row.id,
            source="one",
            event_type="deal.created",
            body=b"{}",
            position=place,
        )
        deliveries.insert(session, told)
        desk.outbound._lanes.wake(session, row.id)
    return told.id


def state(desk, delivery_id):
    with desk.store.transaction() as session:
        return session.get_one(Delivery, delivery_id).state


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def test_a_serving_process_finishes_what_it_can_and_hands_on_the_rest(desk, ears, serving):
    soon, stuck = ears
    first, second = sent(desk, soon), sent(desk, stuck)
    at_work = until(lambda: soon.calls and stuck.calls)
    serving.terminate()
    code = serving.wait(60)
    left = state(desk, first), state(desk, second)
    stuck.released.set()
    desk.jobs.start("worker")
    handed_on = until(lambda: state(desk, second) == "delivered")

    assert at_work
    assert code in (0, -15)
    assert left == ("delivered", "delivering")
    assert handed_on
    assert (soon.calls, stuck.calls) == (1, 2)
