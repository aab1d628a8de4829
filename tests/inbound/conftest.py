"""A desk that hears Pulse; every call is made as the webhook door makes it."""

import asyncio
import hashlib
import json
import threading

import pytest

from dashboard.contracts.events import Request
from dashboard.inbound.receive import Inbound
from dashboard.settings import Settings
from dashboard.vault import keys
from dashboard.vault.vault import Vault
from tests.inbound.stage import Stage
from tests.pulse import fixtures

server, database, time = fixtures.server, fixtures.database, fixtures.time
desk = fixtures.desk
TOKEN, SECRET = "hook-token-0001", "hook-secret-0001"


class Ear:
    """The desk's inbound room and how Pulse calls it."""

    def __init__(self, desk, folder):
        settings = Settings(data_dir=folder, max_body_bytes=4096)
        self.desk, self.vault = desk, Vault(keys.load(settings))
        self.inbound = Inbound(desk.store, desk.jobs, desk.opener, self.vault, desk.audit, settings)
        self.inbound.register()
        desk.change(hook_hash=hashlib.sha256(TOKEN.encode()).hexdigest())
        with desk.store.transaction() as session:
            owner = f"connection:{desk.connection_id}"
            self.vault.seal(session, owner, "hook_secret", SECRET)

    def call(self, *events, token=TOKEN, secret=SECRET, body=None):
        """The answer to one call with these events."""
        raw = json.dumps({"events": list(events)}).encode() if body is None else body
        headers = {"x-pulse-secret": secret, "content-type": "application/json"}
        request = Request(method="POST", headers=headers, body=raw)
        return asyncio.run(self._settled(token, request)).status

    async def _settled(self, token, request):
        answer = await self.inbound.receive(token, request)
        # The hint to the jobs is given after the answer; wait for it.
        await asyncio.to_thread(self.inbound.hints.settle)
        return answer


@pytest.fixture
def ear(desk, tmp_path):
    made = Ear(desk, tmp_path)
    yield made
    made.inbound.close()


@pytest.fixture
def until():
    """Wait for something that another thread or process does; false when it never comes."""

    def wait(true, seconds=20):
        # By the system's own clock: the desk's may be frozen.
        for _ in range(int(seconds / 0.05)):
            if true():
                return True
            threading.Event().wait(0.05)
        return False

    return wait


@pytest.fixture
def stage(database, tmp_path):
    url = "" if database.startswith("sqlite") else database
    made = Stage(tmp_path / "data", url)
    yield made
    made.close()
