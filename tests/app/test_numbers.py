"""What monitoring reads: whether the desk is alive, ready, and busy with what."""

import threading

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families as families

from dashboard import logs
from dashboard.contracts.people import SYSTEM, Role
from dashboard.store.events import Event
from dashboard.vault import keys, rotation
from tests import fresh
from tests.app.desks import browser, demo, program


def read(desk):
    """Every sample by its name and labels."""
    text = program(desk, Role.VIEWER).get("/metrics").text
    samples = [sample for family in families(text) for sample in family.samples]
    return {(one.name, *sorted(one.labels.items())): one.value for one in samples}


def test_alive_asks_no_database_and_tells_desks_apart(desk):
    desk.store.engine.dispose()
    answer = browser(desk).get("/healthz").json()

    assert answer == {
        "status": "ok",
        "desk": keys.installation(keys.load(desk.settings).current),
    }
    assert keys.load(desk.settings).fingerprint not in answer["desk"]


def test_not_ready_before_the_tables_are_there(desk):
    with desk.store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    answer = browser(desk).get("/readyz")

    assert (answer.status_code, answer.json()["problems"]) == (503, ["migrations"])


@fresh.sqlite_only
def test_not_ready_when_the_database_is_gone(desk):
    desk.store.engine.dispose()
    for file in desk.settings.data_dir.glob("integrations.db*"):
        file.unlink()
    (desk.settings.data_dir / "integrations.db").mkdir()
    answer = browser(desk).get("/readyz")

    assert (answer.status_code, answer.json()["problems"]) == (503, ["database"])


def test_not_ready_when_the_heart_of_the_job_engine_has_stopped(desk):
    stopped = threading.Thread(target=lambda: None)
    stopped.start()
    stopped.join()
    desk.jobs._engine._keeper = stopped
    answer = browser(desk).get("/readyz")

    assert (answer.status_code, answer.json()["problems"]) == (503, ["engine"])


def test_ready_all_through_a_change_of_the_key(desk):
    file = desk.settings.data_dir / keys.FILE
    ring = rotation.prepare(file)
    before = browser(desk).get("/readyz").status_code
    rotation.reseal(desk.store, ring)
    during = browser(desk).get("/readyz").status_code
    rotation.finish(file, ring)

    assert (before, during, browser(desk).get("/readyz").status_code) == (200, 200, 200)


def test_held_events_and_waiting_jobs_are_counted(desk):
    link = desk.connect.begin(SYSTEM, demo(desk), "stripe", environment="sandbox")
    with desk.store.transaction() as session:
        for number in range(3):
            session.add(
                Event(
                    connection_id=link.id,
                    vendor_id=str(number),
                    name="x",
                    vendor_name="x",
                    state="held",
                )
            )
    desk.jobs.enqueue("sync.request", {"connection_id": link.id}, priority=20)
    found = read(desk)

    assert found["integrations_events", ("state", "held")] == 3
    assert found["integrations_jobs", ("lane", "bulk"), ("state", "queued")] == 1
    assert found["integrations_workers_alive",] == 0
    assert found["integrations_connections", ("state", "draft")] == 1
    assert ("integrations_lag_seconds",) in found


def test_calls_to_vendors_are_counted_by_provider_and_word(desk):
    link = desk.connect.begin(SYSTEM, demo(desk), "stripe", environment="sandbox")
    sample = desk.sandboxes.credentials("stripe", link.tenant, link.method)
    before = _calls(read(desk))
    desk.connect.submit_keys(SYSTEM, link.id, sample)

    assert _calls(read(desk)) > before


def _calls(found):
    return sum(
        value
        for (name, *labels), value in found.items()
        if name == "integrations_vendor_call_seconds_count" and ("provider", "stripe") in labels
    )


def test_requests_are_counted_by_door_and_never_by_address(desk):
    browser(desk).get("/join/fakesecret-in-the-path")
    found = read(desk)
    doors = {dict(labels).get("door") for (name, *labels) in found if "request_seconds" in name}

    assert "join" in doors
    assert "fakesecret" not in str(found)


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space", "нет", "a;b|c&d12345", ""])
def test_an_id_that_is_not_sane_is_replaced(desk, given):
    answer = browser(desk).get("/healthz", headers={"x-request-id": given.encode()})

    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 16


def test_what_a_block_is_about_stands_in_its_lines_only():
    with logs.about(job="j1", run_id="run_1"), logs.about(kind="sync.run"):
        inside = dict(logs._about.get())

    assert inside == {"job": "j1", "run_id": "run_1", "kind": "sync.run"}
    assert dict(logs._about.get()) == {}
