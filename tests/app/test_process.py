"""The desk as a process: started by its command, joined by its link, stopped by a signal."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.app.desks import typed
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


# A vendor that cannot be reached.
NOBODY = '{"stripe": {"api": "http://127.0.0.1:9/stripe"}}'
# Secrets that nobody could mistake for anything else.
FAKES = [f"fakesecret{number}zyxwvut" for number in range(12)]


def ready(url, process):
    for _ in range(400):
        if process.poll() is not None:
            return False
        try:
            return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("desk"), free_port()
    url = f"http://localhost:{port}"
    hidden = ("INTEGRATIONS_PUBLIC_URL", "INTEGRATIONS_KEY")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env |= {"INTEGRATIONS_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    env |= {"INTEGRATIONS_LOG_LEVEL": "DEBUG", "INTEGRATIONS_PROVIDER_HOSTS": NOBODY}
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "run", "--port", str(port)],
            cwd=folder,
            env=env,
            stdout=out,
            stderr=out,
        )
    assert ready(url, process), log.read_text()
    yield url, log, process
    process.terminate()
    assert process.wait(20) in (0, -15)


@pytest.fixture(scope="module")
def admin(running):
    url, log, _ = running
    link = re.search(rf"{url}/join/\S+", log.read_text()).group(0)
    visitor = httpx.Client(base_url=url, headers={"accept": "text/html"})
    assert visitor.post(link, data=typed()).headers["location"] == "/"
    return visitor


def socket_url(running):
    return running[0].replace("http", "ws") + "/_stcore/stream"


def test_streamlit_is_served_to_staff_and_not_to_strangers(running, admin):
    page = admin.get("/")
    script = re.search(r"static/js/[\w.-]+\.js", page.text).group(0)

    assert page.status_code == 200
    assert admin.get(f"/{script}").status_code == 200
    assert httpx.get(f"{running[0]}/{script}").status_code == 401
    assert httpx.get(running[0], headers={"accept": "text/html"}).status_code == 303


def test_the_websocket_opens_for_staff_only(running, admin):
    cookie = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())

    with connect(
        socket_url(running), additional_headers={"cookie": cookie}, subprotocols=["streamlit"]
    ) as opened:
        assert opened.response.status_code == 101
    with pytest.raises(InvalidStatus) as refused, connect(socket_url(running)):
        pass
    assert refused.value.response.status_code == 403


def test_a_start_without_the_settings_says_what_to_do(tmp_path):
    env = {**os.environ, "INTEGRATIONS_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "uvicorn", "streamlit_app:app", "--lifespan", "on"]

    done = subprocess.run(
        [*command, "--port", str(free_port())],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "start in the project's folder" in done.stderr


def test_the_settings_are_those_that_were_measured(monkeypatch):
    from streamlit import config

    monkeypatch.chdir(ROOT)
    config.get_config_options(force_reparse=True)

    assert config.get_option("runner.postScriptGC") is False
    assert config.get_option("server.fileWatcherType") == "none"
    assert config.get_option("server.enableAgentApi") is False
    assert config.get_option("browser.gatherUsageStats") is False
    assert config.get_option("server.trustedUserHeaders")["X-Staff-Session"] == "session"


def test_the_log_is_json_without_the_link(running, admin):
    lines = [line for line in running[1].read_text().splitlines() if line.startswith("{")]

    assert lines
    assert admin.get("/healthz").status_code == 200
    assert not [line for line in lines if "/join/" in line]


@pytest.fixture(scope="module")
def token(running):
    command = [sys.executable, "-m", "dashboard", "token", "create", "--name", "walk"]
    env = {**os.environ, "INTEGRATIONS_DATA_DIR": str(running[1].parent / "data")}
    return subprocess.check_output(command, cwd=ROOT, env=env, text=True, timeout=60).strip()


def test_no_secret_of_whole_walks_is_in_the_log(running, admin, token):
    """At the most talkative level, with every door that takes a secret tried once."""
    url, log, _ = running
    api = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60)
    agent = api.get("/api/agents").json()["agents"][0]["id"]
    room = f"/api/agents/{agent}/integrations"
    stranger = httpx.Client(base_url=url)
    answers = [
        api.post(f"{room}/stripe/connect", json={"credentials": {"api_key": FAKES[0]}}),
        api.post(
            f"{room}/kommo/connect",
            json={"credentials": {"token": FAKES[1], "subdomain": "x"}, "environment": "sandbox"},
        ),
        admin.get(f"/oauth/callback?code={FAKES[2]}&state={FAKES[3]}"),
        stranger.post(f"/hooks/{FAKES[4]}?key={FAKES[5]}", json={"token": FAKES[6]}),
        stranger.get(f"/join/{FAKES[7]}"),
        stranger.post("/login", data={"email": "a@b.example", "password": FAKES[8]}),
        stranger.get("/api/agents", headers={"authorization": f"Bearer idk_{FAKES[9]}"}),
        api.get(f"/api/agents?token={FAKES[10]}"),
        stranger.get(f"/sandbox/kommo/{FAKES[11]}/api/v4/leads?access_token={FAKES[11]}"),
    ]
    told = log.read_text()

    assert all(answer.status_code < 500 or answer.status_code in (502, 503) for answer in answers)
    assert told.count('"message": "answered"') >= len(answers)
    assert not [fake for fake in [*FAKES, token] if fake in told]
    cookies = [value for name, value in admin.cookies.items() if "session" in name]
    assert cookies
    assert not [value for value in cookies if value in told]


def test_an_answer_and_its_log_line_carry_the_callers_id(running, token):
    url, log, _ = running
    mine = "caller-id-0001"
    answer = httpx.get(
        f"{url}/api/agents/agt_none",
        headers={"authorization": f"Bearer {token}", "x-request-id": mine},
    )

    assert answer.headers["x-request-id"] == mine
    assert answer.json()["request_id"] == mine
    assert paths_logged(log, mine) == ["/api/agents/agt_none"]


def paths_logged(log, request_id):
    """The line is written after the answer has gone, so it is looked for a few times."""
    for _ in range(50):
        lines = [json.loads(line) for line in log.read_text().splitlines() if line[:1] == "{"]
        if found := [line["path"] for line in lines if line.get("request_id") == request_id]:
            return found
        time.sleep(0.1)
    return []


def test_files_come_compressed_and_whole(running, admin):
    script = re.search(r"static/js/[\w.-]+\.js", admin.get("/").text).group(0)

    packed = admin.get(f"/{script}", headers={"accept-encoding": "gzip"})
    plain = admin.get(f"/{script}", headers={"accept-encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "javascript" in packed.headers["content-type"]
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert httpx.get(f"{running[0]}/static/js/../../../config.py").status_code in (400, 401, 404)
