"""A desk on disk with an ear and a receiver, its real server process, and senders that insist."""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from sqlmodel import select

from dashboard import assembly
from dashboard.connections import hook_keys
from dashboard.contracts.people import SYSTEM
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store import migrate
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.store.records import Record
from tests.doubles import HandJobs

ROOT = Path(__file__).resolve().parents[2]
TOKEN, SECRET = "stage-token-0001", "stage-secret-0001"
HEADERS = {"x-telegram-bot-api-secret-token": SECRET, "content-type": "application/json"}


class Stage:
    """What the process is started on, and what it has done so far."""

    def __init__(self, folder, database):
        self.settings = Settings(data_dir=folder, database_url=database)
        self.store = Store(self.settings.database)
        self.port = _free_port()
        self._process = None
        self._furnish()

    def start(self):
        """Start the server and return when it answers."""
        command = [sys.executable, "-m", "dashboard", "run", "--port", str(self.port)]
        chosen = {
            "INTEGRATIONS_DATA_DIR": str(self.settings.data_dir),
            "INTEGRATIONS_DATABASE_URL": self.settings.database_url,
            "INTEGRATIONS_LOG_LEVEL": "ERROR",
        }
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **chosen}, stdout=subprocess.DEVNULL
        )
        for _ in range(600):
            assert self._process.poll() is None, "the server has ended"
            if self.answers():
                return
            time.sleep(0.1)
        raise TimeoutError

    def answers(self):
        return self.request("GET", "/healthz", timeout=1) == 200

    def kill(self):
        """kill -9, wherever it is."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def is_dead(self):
        return self._process.poll() is not None

    def close(self):
        self.kill()
        self.store.close()

    def request(self, method, path, body=b"", headers=(), timeout=10):
        """The status, 0 when there was none."""
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            caller.request(method, path, body, dict(headers))
            answer = caller.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        else:
            return answer.status
        finally:
            caller.close()

    def send(self, number):
        """One message of a customer, by webhook."""
        return self.request("POST", f"/hooks/{TOKEN}", update(number), HEADERS.items())

    def events(self):
        """How many events are in each state."""
        with self.store.transaction() as session:
            return Counter(session.exec(select(Event.state)))

    def event_ids(self):
        with self.store.transaction() as session:
            return Counter(int(one) for one in session.exec(select(Event.vendor_id)))

    def messages(self):
        with self.store.transaction() as session:
            found = select(Record.external_id).where(Record.stream == "messages")
            return Counter(int(one.partition(":")[2]) for one in session.exec(found))

    def told(self):
        """The messages receivers are told of, and how often."""
        with self.store.transaction() as session:
            bodies = [json.loads(one) for one in session.exec(select(Delivery.body))]
        return Counter(int(b["data"]["external_id"].partition(":")[2]) for b in bodies)

    def _furnish(self):
        desk = assembly.build(self.settings, jobs=HandJobs())
        migrate.upgrade(desk.store)
        desk.vault.check_key(desk.store)
        agent = desk.agents.create(SYSTEM, "Демо").id
        ear = Connection(agent_id=agent, provider="telegram", method="bot", state="active")
        ear.hook_hash = hook_keys.hashed(TOKEN)
        receiver = Connection(agent_id=agent, provider="webhook", method="keys", state="active")
        # Deliveries are written and wait: what is told, and how often, can be counted.
        receiver.events, receiver.paused = ["message.received"], True
        with desk.store.transaction() as session:
            session.add_all([ear, receiver])
            session.flush()
            desk.vault.seal(session, owner(ear.id), hook_keys.SECRET, SECRET)
        self.connection_id = ear.id
        desk.inbound.close()
        desk.store.close()


class Senders:
    """Threads that send numbered messages, each until it is acknowledged, sometimes twice.

    `heard` is called with how many were acknowledged, as soon as the answer is there.
    """

    def __init__(self, stage, total, heard=lambda _count: None, width=6):
        self._stage, self._numbers, self._heard = stage, iter(range(1, total + 1)), heard
        self._lock = threading.Lock()
        self.acknowledged = set()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(width)]
        for thread in self._threads:
            thread.start()

    def join(self):
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a sender was never answered"

    def _work(self, seed):
        chance = random.Random(seed)  # noqa: S311 - no secret
        while (number := self._next()) is not None:
            while self._stage.send(number) != 200:
                time.sleep(0.05)
            with self._lock:
                self.acknowledged.add(number)
                count = len(self.acknowledged)
            self._heard(count)
            if chance.random() < 0.1:
                self._stage.send(number)

    def _next(self):
        with self._lock:
            return next(self._numbers, None)


def update(number):
    """What Telegram posts for one message."""
    at = int(time.time())
    person = {"id": 7, "first_name": "Анна"}
    chat = {"id": 7, "type": "private", "first_name": "Анна"}
    message = {"message_id": number, "date": at, "text": f"{number}", "from": person, "chat": chat}
    return json.dumps({"update_id": number, "message": message}).encode()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
