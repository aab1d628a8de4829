"""A write under a key is done once; its answer comes again, to nobody but the caller."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard.contracts.people import SYSTEM, Role
from dashboard.staff.repeats import KEPT, LONGEST, Answer
from dashboard.store.answers import ApiAnswer
from dashboard.store.connections import Secret
from tests import fresh
from tests.app.desks import program

KEY = {"idempotency-key": "agent-17"}


@pytest.fixture
def receiver(api, agent):
    """The base path of a connection whose service takes our events."""
    path = f"/api/agents/{agent}/integrations/webhook"
    assert api.post(f"{path}/connect", json={"environment": "sandbox"}).status_code == 201
    return f"{path}/receiver"


def rows(desk, table):
    with desk.store.engine.connect() as connection:
        return connection.execute(sa.select(table.__table__)).all()


def names(api):
    return [agent["name"] for agent in api.get("/api/agents").json()["agents"]]


def test_an_agent_is_made_once_for_each_key(api):
    first = api.post("/api/agents", json={"name": "Ночной"}, headers=KEY)
    again = api.post("/api/agents", json={"name": "Ночной"}, headers=KEY)
    other = api.post("/api/agents", json={"name": "Ночной"}, headers={"idempotency-key": "b"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 201)
    assert again.json() == first.json() != other.json()
    assert again.headers["content-type"] == first.headers["content-type"]
    assert names(api).count("Ночной") == 2


def test_without_a_key_nothing_is_kept(api, desk):
    for _ in range(2):
        assert api.post("/api/agents", json={"name": "Ночной"}).status_code == 201

    assert names(api).count("Ночной") == 2
    assert rows(desk, ApiAnswer) == []


def test_a_key_with_another_request_is_refused(api):
    api.post("/api/agents", json={"name": "Ночной"}, headers=KEY)
    body = api.post("/api/agents", json={"name": "Дневной"}, headers=KEY)
    place = api.post("/api/agents?x=1", json={"name": "Ночной"}, headers=KEY)

    assert (body.status_code, body.json()["code"]) == (409, "actions.key_reused")
    assert place.status_code == 409
    assert "Дневной" not in names(api)


def test_a_key_is_its_callers_own(api, desk):
    mine = api.post("/api/agents", json={"name": "Ночной"}, headers=KEY)
    theirs = program(desk).post("/api/agents", json={"name": "Ночной"}, headers=KEY)

    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine.json()["id"]


def test_an_answer_is_given_to_nobody_who_is_not_let_in(api):
    api.post("/api/agents", json={"name": "Ночной"}, headers=KEY)
    nobody = {**KEY, "authorization": "Bearer idk_unknown"}
    refused = api.post("/api/agents", json={"name": "Ночной"}, headers=nobody)

    assert refused.status_code == 401


def test_what_was_refused_may_be_sent_again_under_its_key(api, agent):
    path = f"/api/agents/{agent}/fields"
    wrong = api.post(path, json={"name": "Не имя"}, headers=KEY)
    right = api.post(path, json={"name": "city"}, headers=KEY)

    assert wrong.status_code in (400, 422)
    assert right.status_code == 201


def test_a_deletion_is_answered_alike_though_nothing_is_left(api):
    made = api.post("/api/agents", json={"name": "Ночной"}).json()["id"]
    answers = [api.delete(f"/api/agents/{made}", headers=KEY) for _ in range(2)]

    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 2
    assert api.delete(f"/api/agents/{made}").status_code == 404


@fresh.sqlite_only
def test_a_secret_is_changed_once_and_lies_nowhere_in_the_clear(api, desk, receiver):
    first = api.post(f"{receiver}/secret", headers=KEY)
    again = api.post(f"{receiver}/secret", headers=KEY)

    assert first.status_code == 200
    assert again.json() == first.json()
    told = first.json()["secret"].encode()
    kept = b"".join(path.read_bytes() for path in desk.settings.data_dir.rglob("*.db*"))
    assert len(kept) > 0
    assert told not in kept


def test_a_request_under_way_is_not_begun_again(desk):
    begun = desk.staff.repeats.begin(SYSTEM, "k", b"POST /x")

    with pytest.raises(Exception, match="under_way"):
        desk.staff.repeats.begin(SYSTEM, "k", b"POST /x")
    desk.staff.repeats.keep(begun, Answer(201, "application/json", b"{}"))
    assert desk.staff.repeats.begin(SYSTEM, "k", b"POST /x").status == 201


def test_a_request_whose_process_died_is_taken_over_by_one(desk, time_machine):
    time_machine.move_to("2026-11-24T12:00:00+00:00", tick=False)
    begun = desk.staff.repeats.begin(SYSTEM, "k", b"POST /x")
    time_machine.shift(LONGEST + timedelta(seconds=1))
    taken = desk.staff.repeats.begin(SYSTEM, "k", b"POST /x")

    assert taken == begun
    with pytest.raises(Exception, match="under_way"):
        desk.staff.repeats.begin(SYSTEM, "k", b"POST /x")


def test_a_day_later_nothing_is_left(api, desk, time_machine):
    time_machine.move_to("2026-11-24T12:00:00+00:00", tick=False)
    api.post("/api/agents", json={"name": "Ночной"}, headers=KEY)
    sealed = [row.owner for row in rows(desk, Secret) if row.owner.startswith("answer:")]
    time_machine.shift(KEPT + timedelta(seconds=1))
    desk.staff.repeats.sweep()

    assert len(sealed) == 1
    assert rows(desk, ApiAnswer) == []
    assert [row for row in rows(desk, Secret) if row.owner in sealed] == []


def test_every_write_of_the_document_takes_a_key(api):
    paths = api.get("/api/openapi.json").json()["paths"]
    writes = [
        (path, method, {one["name"] for one in operation.get("parameters", ())})
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "get"
    ]

    assert len(writes) > 20
    assert [(p, m) for p, m, names in writes if "Idempotency-Key" not in names] == []


def test_a_viewer_is_refused_with_a_key_as_without(desk):
    watching = program(desk, role=Role.VIEWER)
    refused = watching.post("/api/agents", json={"name": "Ночной"}, headers=KEY)

    assert refused.status_code == 403
