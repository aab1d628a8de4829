"""A sign-in may begin in one process, come back to a second and be asked about in a third."""

import base64
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from dashboard.assembly import build, prepare
from dashboard.contracts.people import SYSTEM, Role
from dashboard.settings import Settings
from tests import postgres
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PUBLIC = "http://desk.example"


@pytest.fixture
def environment(tmp_path):
    return {
        "INTEGRATIONS_DATABASE_URL": postgres.fresh_database(),
        "INTEGRATIONS_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "INTEGRATIONS_PUBLIC_URL": PUBLIC,
        "INTEGRATIONS_ROLE": "web",
        "INTEGRATIONS_DATA_DIR": str(tmp_path / "mine"),
    }


@pytest.fixture
def token(environment, monkeypatch):
    """An administrator's API token, and the agent that every desk begins with."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    desk = build(Settings())
    prepare(desk)
    made = desk.staff.tokens.create(SYSTEM, "tests", Role.ADMIN).token
    agent = desk.agents.all(SYSTEM)[0].id
    desk.inbound.close()
    desk.store.close()
    return made, agent


@pytest.fixture
def doors(environment, token, tmp_path):
    """Clients of three processes that share nothing but the database and the key."""
    headers = {"authorization": f"Bearer {token[0]}"}
    started, clients = [], []
    for number in range(3):
        port = free_port()
        own = {"INTEGRATIONS_DATA_DIR": str(tmp_path / str(number))}
        command = [sys.executable, "-m", "tests.oauth.door", str(port)]
        started.append(
            subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment, **own})
        )
        clients.append(
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False)
        )
    for client in clients:
        wait_for(client)
    yield clients
    for process in started:
        process.terminate()
        process.wait(30)


def wait_for(client):
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the process does not answer")


def here(address):
    """A public address without its origin, so that a test may send it to any process."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def test_a_sign_in_is_the_same_in_every_process(doors, token):
    first, second, third = doors
    path = f"/api/agents/{token[1]}/integrations/google_calendar"
    begun = first.post(f"{path}/connect", json={"environment": "sandbox"}).json()
    before = third.get(f"/api/flows/{begun['flow_id']}").json()["status"]
    asked = dict(httpx.URL(begun["authorization_url"]).params)
    scopes = asked["scope"].split()
    allowed = second.post(
        here(begun["authorization_url"]), data={"decision": "allow", "scope": scopes}
    )
    back = second.get(here(allowed.headers["location"]))
    twice = first.get(here(allowed.headers["location"]))
    told = third.get(f"/api/flows/{begun['flow_id']}").json()

    assert before == "pending"
    assert "status=ok" in back.headers["location"]
    assert "status=failed" in twice.headers["location"]
    assert (told["status"], told["connection_state"]) == ("done", "active")
    assert first.get(path).json()["state"] == "active"
