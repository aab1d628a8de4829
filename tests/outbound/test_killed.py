"""Workers are killed while they deliver: nothing is skipped, nothing gets a new name."""

import json
import os
import threading
import time as clock_of_the_test
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlmodel import select
from standardwebhooks import Webhook

from dashboard import clock
from dashboard.outbound.deliver import STRAINED_AT_ONCE
from dashboard.store import deliveries, receivers
from dashboard.store.agents import Agent
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, DeliveryAttempt
from tests import fresh
from tests.outbound import laborer
from tests.outbound.conftest import SECRET
from tests.processes import crew
from tests.pulse import fixtures

pytestmark = fixtures.on_both
MANY = int(os.environ.get("DELIVERIES_KILLED", "24"))
KILLS = 2
# More tries than a process has threads, if each receiver got several at once.
HANGING = 12
# More than a process has threads, though each of them got only one.
KNOWN = 30


class Ear:
    """A receiver on a local port; keeps (id, number) of each believed call, in order."""

    def __init__(self, seconds=0.0):
        self.heard, self.seconds, self.calls = [], seconds, 0
        self.open = threading.Event()
        self.open.set()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _door(self))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.open.set()
        self.http.shutdown()
        self.http.server_close()


def _door(ear):
    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            ear.calls += 1
            ear.open.wait(60)
            clock_of_the_test.sleep(ear.seconds)
            Webhook(SECRET).verify(body, dict(self.headers.items()))
            ear.heard.append((self.headers["webhook-id"], json.loads(body)["n"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    return Door


@pytest.fixture
def store(database):
    made = Store(database)
    fresh.upgrade(made)
    with made.transaction() as session:
        session.add(Agent(id="agt_1", name="Продавец"))
        for number in range(KNOWN):
            session.add(Agent(id=f"agt_h{number}", name="Помощник"))
    yield made
    made.close()


@pytest.fixture
def office(store, tmp_path):
    """The room and jobs of a process that only enqueues."""
    made, jobs = laborer.room(store, tmp_path)
    yield made
    jobs.stop()


@pytest.fixture
def ears():
    made = []

    def listen(seconds=0.0):
        made.append(Ear(seconds))
        return made[-1]

    yield listen
    for ear in made:
        ear.close()


@pytest.fixture
def worker(store, tmp_path):
    with crew(laborer.labor, store.url, tmp_path) as workers:
        yield workers.start


def connected(store, agent, ear, **settings):
    row = Connection(
        agent_id=agent,
        provider="webhook",
        method="keys",
        state="active",
        account_id=f"{ear.url}/{agent}",
        open_fields={"url": f"{ear.url}/{agent}"},
        settings=settings,
    )
    with store.transaction() as session:
        session.add(row)
    return row.id


def queue(store, office, connection_id, numbers):
    """Deliveries in the receiver's line; their ids by number."""
    ids = {}
    with store.transaction() as session:
        for number in numbers:
            row = Delivery(
                connection_id=connection_id,
                source=f"n:{number}",
                event_type="deal.created",
                body=json.dumps({"n": number}).encode(),
                position=receivers.reserve(session, connection_id, 1),
            )
            deliveries.insert(session, row)
            ids[number] = row.id
        office._lanes.wake_all(session, connection_id)
    return ids


def until(true, seconds=60):
    end = clock_of_the_test.monotonic() + seconds
    while not true() and clock_of_the_test.monotonic() < end:
        clock_of_the_test.sleep(0.05)
    return true()


def states(store):
    with store.transaction() as session:
        return {row.state for row in session.exec(select(Delivery))}


def under_way(store):
    """The receiver of each try that has begun and not ended."""
    with store.transaction() as session:
        sending = select(Delivery.connection_id).where(Delivery.state == "delivering")
        return session.exec(sending).all()


def tries_at(store, connection_ids):
    """How many tries at these receivers have ended."""
    ended = select(DeliveryAttempt).join(Delivery)
    with store.transaction() as session:
        return len(session.exec(ended.where(Delivery.connection_id.in_(connection_ids))).all())


def delivered(store):
    with store.transaction() as session:
        return len(session.exec(select(Delivery).where(Delivery.state == "delivered")).all())


def test_killed_workers_skip_nothing_and_rename_nothing(store, office, ears, worker):
    ear = ears(0.02)
    ids = queue(store, office, connected(store, "agt_1", ear), range(MANY))
    for kill in range(1, KILLS + 1):
        process = worker()
        until(lambda least=kill * MANY // (KILLS + 2): len(ear.heard) >= least)
        process.kill()
        process.join()
    worker()
    done = until(lambda: states(store) == {"delivered"})

    assert done
    assert {number: name for name, number in ear.heard} == ids


def test_killed_workers_keep_the_order_that_was_asked_for(store, office, ears, worker):
    ear = ears(0.02)
    receiver = connected(store, "agt_1", ear, keep_order=True)
    queue(store, office, receiver, range(MANY))
    for kill in range(1, KILLS + 1):
        process = worker()
        until(lambda least=kill * MANY // (KILLS + 2): len(ear.heard) >= least)
        process.kill()
        process.join()
    worker()
    done = until(lambda: states(store) == {"delivered"})
    numbers = [number for _, number in ear.heard]

    assert done
    # A killed try may have arrived: it comes again, but nothing passes it.
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(MANY))


def test_many_hanging_receivers_delay_no_other(store, office, ears, worker):
    hanging = [ears() for _ in range(HANGING)]
    well = ears()
    for number, ear in enumerate(hanging):
        ear.open.clear()
        queue(store, office, connected(store, f"agt_h{number}", ear), range(10))
    worker()
    hang = until(lambda: all(ear.calls for ear in hanging))
    queue(store, office, connected(store, "agt_1", well), range(10))
    served = until(lambda: delivered(store) == 10)
    still = under_way(store)

    assert hang
    assert served
    # One try each, and none has ended yet: with more they would hold every thread of the process,
    # and the other one would be served when they have given up.
    assert (len(still), len(set(still))) == (HANGING, HANGING)
    assert tries_at(store, still) == 0


def test_receivers_known_to_hang_share_a_few_threads(store, office, ears, worker):
    hanging, well = ears(), ears()
    hanging.open.clear()
    for number in range(KNOWN):
        bad = connected(store, f"agt_h{number}", hanging)
        with store.transaction() as session:
            receivers.hold(session, bad)
            receivers.failed(session, bad, clock.now())
        queue(store, office, bad, range(2))
    worker()
    hang = until(lambda: hanging.calls >= STRAINED_AT_ONCE)
    queue(store, office, connected(store, "agt_1", well), range(10))
    served = until(lambda: delivered(store) == 10)
    still = under_way(store)

    assert hang
    assert served
    assert len(still) == STRAINED_AT_ONCE
    assert tries_at(store, still) == 0
