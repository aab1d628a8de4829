"""The doctor says what is wrong, who acts, and what a script needs to know."""

import base64
import json
import threading
from contextlib import closing, contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa

from dashboard.jobs import Jobs
from dashboard.store import executors, pulse
from dashboard.store.base import CONNECTIONS, Store
from dashboard.vault import keys
from tests import fresh, postgres


@contextmanager
def web(body, status=200, clock=None):
    """A web server that answers everything like this."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response_only(status)
            self.send_header("date", formatdate(clock, usegmt=True))
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def own(desk):
    ring = keys.load(desk.settings)
    return {"status": "ok", "desk": keys.installation(ring.current)}


@pytest.fixture
def found(desk, run, monkeypatch):
    """found(body, ...) are the doctor's findings by check, in front of such a public address."""

    def look(body=None, **served):
        with web(own(desk) if body is None else body, **served) as url:
            monkeypatch.setenv("INTEGRATIONS_PUBLIC_URL", url)
            answer = run("doctor", "--json")
        told = json.loads(answer.output)
        bad = any(one["state"] == "fail" for one in told)
        assert answer.exit_code == int(bad)
        worst = {"ok": 0, "warn": 1, "fail": 2}
        told.sort(key=lambda one: worst[one["state"]])
        return {one["check"]: one for one in told}

    return look


def alive(desk):
    Jobs(desk.store, desk.settings).stats()
    with desk.store.transaction() as session:
        executors.join(session, "host-1-abc", "worker")


@fresh.sqlite_only
def test_a_healthy_desk_needs_nobody(desk, found):
    alive(desk)
    told = found()

    states = {check: one["state"] for check, one in told.items()}
    assert states.pop("redirect") == "ok"
    assert set(states.values()) == {"ok"}
    assert not any(one["how"] for one in told.values())
    assert "/oauth/callback" in told["redirect"]["told"]
    looked_at = "database durability migrations key key_file clock workers queue disk versions"
    assert set(states) >= {*looked_at.split(), "https", "public_url"}


def test_people_read_what_to_do_in_their_language(run, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_PUBLIC_URL", "http://127.0.0.1:1")
    english = run("doctor")
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    russian = run("doctor")

    assert "FAIL public_url: http://127.0.0.1:1 does not answer" in english.output
    assert "To do (operator): start the desk" in english.output
    assert "не отвечает" in russian.output
    assert english.exit_code == russian.exit_code == 1


@pytest.mark.parametrize(
    ("served", "check"),
    [
        ({"body": {"status": "ok"}}, "public_url"),
        ({"body": ["unexpected"]}, "public_url"),
        ({"body": {"desk": "another12345"}}, "public_url"),
        ({"status": 502}, "public_url"),
        ({"clock": 1_700_000_000}, "clock"),
    ],
)
def test_a_door_that_leads_elsewhere_is_noticed(found, served, check):
    told = found(**served)[check]

    assert told["state"] == "fail"
    assert told["who"]
    assert told["how"]


def test_an_unencrypted_public_address_is_noticed(run, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_PUBLIC_URL", "http://desk.invalid")

    assert "FAIL https: http://desk.invalid is not encrypted" in run("doctor").output


def test_a_key_file_that_others_may_read_is_noticed(desk, found):
    (desk.settings.data_dir / keys.FILE).chmod(0o644)

    assert "chmod 600" in found()["key_file"]["how"]


def test_another_key_is_noticed_and_nothing_is_written(desk, found):
    file = desk.settings.data_dir / keys.FILE
    expected = keys.read(file).fingerprint
    keys.replace(file, [b"x" * 32])
    told = found()["key"]

    assert told["state"] == "fail"
    assert expected in told["told"]
    keys.replace(file, [b"x" * 32])


def test_a_lost_key_is_not_replaced_by_a_new_one(desk, found):
    file = desk.settings.data_dir / keys.FILE
    file.unlink()

    assert found({"desk": "whoever"})["key"]["state"] == "fail"
    assert not file.exists()


def test_a_bad_key_is_noticed(found, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_KEY", base64.b64encode(b"short").decode())

    assert found()["key"]["state"] == "fail"


def test_a_rotation_that_was_not_finished_is_noticed(desk, found):
    from dashboard.vault import rotation

    rotation.prepare(desk.settings.data_dir / keys.FILE)

    assert found()["key_file"]["state"] == "warn"


def test_missing_migrations_are_noticed(desk, found):
    with desk.store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))

    assert "dashboard migrate" in found()["migrations"]["how"]


@fresh.sqlite_only
def test_a_data_folder_that_is_not_there_is_not_made(desk, found, monkeypatch, tmp_path):
    monkeypatch.setenv("INTEGRATIONS_DATA_DIR", str(tmp_path / "none"))
    told = found(own(desk))

    assert told["disk"]["state"] == told["database"]["state"] == "fail"
    assert not (tmp_path / "none").exists()


def test_work_that_nobody_does_is_noticed(desk, found):
    idle = found()["workers"]["state"]
    Jobs(desk.store, desk.settings).enqueue("sync.request", {})

    assert idle == "warn"
    assert found()["workers"]["state"] == "fail"


def test_a_database_that_does_not_answer_is_told_without_its_password(run, monkeypatch):
    url = "postgresql://u:hunter2@127.0.0.1:1/d?connect_timeout=2"
    monkeypatch.setenv("INTEGRATIONS_DATABASE_URL", url)
    answer = run("doctor")

    assert "FAIL database: does not answer" in answer.output
    assert "hunter2" not in answer.output


@pytest.fixture
def url():
    """Of PostgreSQL, begun before `run` speaks a language that the machine may not know."""
    return postgres.migrated_database()


@pytest.fixture
def on_postgres(url, run, monkeypatch):
    """The command's database is PostgreSQL; its port, for a closer look."""
    del run  # it names the desk's own
    monkeypatch.setenv("INTEGRATIONS_DATABASE_URL", url)
    with closing(Store(url)) as store:
        yield store


def test_a_database_too_narrow_for_the_next_process_is_noticed(on_postgres, found):
    with on_postgres.transaction() as session:
        allowed = pulse.room(session)
        for number in range(allowed // CONNECTIONS - 1):
            executors.join(session, f"host-{number}", "worker")
    enough = found()["connections"]
    with on_postgres.transaction() as session:
        executors.join(session, "host-last", "web")
    few = found()["connections"]

    assert (enough["state"], few["state"]) == ("ok", "warn")
    assert str(allowed) in enough["told"]
    assert "max_connections" in few["how"]


def test_a_narrower_limit_of_the_user_counts(on_postgres):
    with on_postgres.transaction() as session:
        session.connection().execute(sa.text("ALTER ROLE CURRENT_USER CONNECTION LIMIT 30"))
        assert pulse.room(session) == 30
        session.rollback()
