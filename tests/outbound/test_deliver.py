"""A delivery is signed, retried for about three days, and never silently lost."""

import json
from datetime import timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from dashboard import clock
from dashboard.contracts.errors import Refusal
from dashboard.kit.sandbox import MemoryShelf
from dashboard.outbound.headers import is_allowed, live_secrets
from dashboard.outbound.replays import choice
from dashboard.outbound.schedule import PAUSES, pause_after
from dashboard.store.audit import AuditEntry
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, DeliveryAttempt
from tests.outbound.conftest import SECRET, URL
from tests.pulse.desk import OPERATOR, VIEWER


def the_delivery(desk):
    [delivery] = desk.rows(Delivery)
    return delivery


@pytest.mark.usefixtures("told")
def test_the_receiver_can_verify_what_it_gets(desk, receiver):
    desk.jobs.drain()

    [request] = receiver.requests
    assert str(request.url) == URL
    assert request.headers["webhook-id"] == the_delivery(desk).id
    assert Webhook(SECRET).verify(request.content, dict(request.headers))["type"] == "deal.created"
    assert the_delivery(desk).state == "delivered"


@pytest.mark.usefixtures("told")
def test_a_retry_has_the_same_id_and_bytes_and_a_new_signature(desk, receiver, time):
    receiver.status = 500
    desk.jobs.drain()
    receiver.status = 200
    time.shift(7)
    desk.jobs.drain()

    first, second = receiver.requests
    assert first.content == second.content
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert the_delivery(desk).state == "delivered"
    assert [(a.status, a.error) for a in desk.rows(DeliveryAttempt)] == [
        (500, "outbound.broken"),
        (200, ""),
    ]


@pytest.mark.usefixtures("told")
def test_it_is_given_up_after_ten_tries_in_about_three_days(desk, receiver, time):
    receiver.status = 500
    began = clock.now()
    last = began
    while the_delivery(desk).state != "dead":
        desk.jobs.drain()
        last = clock.now()
        time.move_to(the_delivery(desk).next_attempt_at or last)

    assert len(receiver.requests) == 10
    assert timedelta(days=2.5) < last - began < timedelta(days=4)
    assert desk.rows(AuditEntry)[-1].action == "delivery.dead"
    assert desk.jobs.of("outbound.deliver") == []


@pytest.mark.usefixtures("told")
def test_the_receivers_retry_after_is_obeyed(desk, receiver):
    receiver.status, receiver.headers = 429, {"retry-after": "3600"}
    desk.jobs.drain()

    wait = the_delivery(desk).next_attempt_at - clock.now()
    assert timedelta(hours=1) <= wait <= timedelta(hours=1.2)
    assert the_delivery(desk).error_code == "outbound.slow_down"


def test_a_receiver_that_is_gone_gets_nothing_more(told, desk, receiver):
    receiver.status = 410
    desk.jobs.drain()

    listener = desk.row(Connection, told.listener)
    assert the_delivery(desk).state == "dead"
    assert (listener.paused, listener.error_code) == (True, "outbound.gone")

    receiver.status = 200
    desk.sync.resume(OPERATOR, told.listener)
    told.outbound.resend(OPERATOR, the_delivery(desk).id)
    desk.jobs.drain()
    assert the_delivery(desk).state == "delivered"
    assert desk.row(Connection, told.listener).error_code == ""


def test_deliveries_wait_while_the_receiver_is_paused(told, desk, receiver, time):
    desk.sync.pause(OPERATOR, told.listener)
    desk.jobs.drain()
    assert receiver.requests == []

    desk.sync.resume(OPERATOR, told.listener)
    time.shift(60)
    told.outbound.sweep()
    desk.jobs.drain()
    assert the_delivery(desk).state == "delivered"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, "outbound.redirects"),
        (401, "outbound.unauthorized"),
        (404, "outbound.not_found"),
        (422, "outbound.refused"),
        (503, "outbound.broken"),
    ],
)
@pytest.mark.usefixtures("told")
def test_every_other_answer_is_a_failure_with_its_reason(desk, receiver, status, code):
    receiver.status, receiver.headers = status, {"location": "https://elsewhere.example/"}
    desk.jobs.drain()

    assert (the_delivery(desk).state, the_delivery(desk).error_code) == ("pending", code)
    assert len(receiver.requests) == 1


@pytest.mark.usefixtures("told")
def test_silence_is_a_failure_that_is_retried(desk, receiver):
    receiver.failure = httpx.ReadTimeout("slow")
    desk.jobs.drain()

    assert (the_delivery(desk).state, the_delivery(desk).error_code) == (
        "pending",
        "outbound.no_answer",
    )


@pytest.mark.usefixtures("told")
def test_a_refused_address_is_never_tried_again(desk, receiver):
    receiver.failure = httpx.ConnectError("egress.private")
    desk.jobs.drain()

    assert (the_delivery(desk).state, the_delivery(desk).error_code) == ("dead", "outbound.private")


@pytest.mark.usefixtures("told")
def test_only_the_beginning_of_an_answer_is_kept(desk, receiver):
    receiver.text = "x" * 5000
    desk.jobs.drain()

    [attempt] = desk.rows(DeliveryAttempt)
    assert attempt.answer == "x" * 1024


def test_a_delivery_whose_job_was_lost_is_found_by_the_sweep(told, desk, time):
    desk.jobs.drop("outbound.deliver")

    time.shift(60)
    told.outbound.sweep()
    desk.jobs.drain()
    assert the_delivery(desk).state == "delivered"


@pytest.mark.usefixtures("told")
def test_an_outdated_job_sends_nothing(desk, receiver):
    [job] = desk.jobs.of("outbound.deliver")
    desk.jobs.drain()

    desk.jobs.run(job)
    assert len(receiver.requests) == 1


def test_extra_headers_are_sent_but_never_ours_replaced(told, desk, receiver):
    with desk.store.transaction() as session:
        listener = session.get_one(Connection, told.listener)
        listener.settings = {"headers": {"x-team": "sales", "Webhook-Id": "forged", "Host": "evil"}}
    desk.jobs.drain()

    [request] = receiver.requests
    assert request.headers["x-team"] == "sales"
    assert request.headers["webhook-id"] == the_delivery(desk).id
    assert request.headers["host"] == "receiver.example"


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("authorization", "Bearer x", True),
        ("X-Amz-Date", "1", False),
        ("Proxy-Authorization", "1", False),
        ("content-type", "text/plain", False),
        ("x-long", "y" * 5000, False),
        ("x-split", "a\r\nb: c", False),
        ("x split", "a", False),
    ],
)
def test_forbidden_headers(name, value, good):
    assert is_allowed(name, value) is good


def test_the_old_secret_signs_along_for_a_day(told, desk, receiver, time):
    owner = f"connection:{told.listener}"
    with desk.store.transaction() as session:
        told.vault.seal(session, owner, "credentials", json.dumps({"signing_secret": SECRET}))
    new = told.outbound.signing.rotate(OPERATOR, told.listener).secret
    with desk.store.transaction() as session:
        kept = json.loads(told.vault.open(session, owner, "credentials"))
    desk.tokens.of["webhook"] |= kept
    desk.jobs.drain()

    [request] = receiver.requests
    assert Webhook(new).verify(request.content, dict(request.headers))
    assert Webhook(SECRET).verify(request.content, dict(request.headers))
    assert live_secrets(kept, "signing_secret", clock.now()) == (new, SECRET)
    time.shift(timedelta(hours=25))
    assert live_secrets(kept, "signing_secret", clock.now()) == (new,)


@pytest.mark.usefixtures("told")
def test_a_damaged_secret_is_told_and_not_retried(desk, receiver):
    desk.tokens.of["webhook"]["signing_secret"] = "not base64!"
    desk.jobs.drain()

    assert (the_delivery(desk).state, the_delivery(desk).error_code) == (
        "dead",
        "outbound.bad_secret",
    )
    assert receiver.requests == []


def test_a_test_event_tells_what_the_receiver_said(post, receiver):
    attempt = post.outbound.send_test(OPERATOR, post.listener)

    assert (attempt.status, attempt.answer, attempt.error) == (200, "ok", "")
    assert json.loads(receiver.requests[0].content)["type"] == "webhook.test"


def test_a_failed_test_event_is_not_retried(post, desk, receiver):
    receiver.status = 500

    assert post.outbound.send_test(OPERATOR, post.listener).status == 500
    desk.jobs.drain()
    assert the_delivery(desk).state == "dead"
    assert len(receiver.requests) == 1


def test_the_dead_are_resent_together(told, desk, receiver):
    receiver.failure = httpx.ConnectError("egress.private")
    desk.jobs.drain()
    receiver.failure = None

    wanted = choice(told.listener, clock.now() - timedelta(days=1))
    assert told.outbound.replays.replay(OPERATOR, wanted) == 1
    desk.jobs.drain()
    assert the_delivery(desk).state == "delivered"


def test_a_delivery_under_way_is_not_resent(told, desk):
    with pytest.raises(Refusal) as refused:
        told.outbound.resend(OPERATOR, the_delivery(desk).id)

    assert refused.value.code == "outbound.under_way"


def test_a_viewer_sends_nothing(post, receiver):
    with pytest.raises(Refusal) as refused:
        post.outbound.send_test(VIEWER, post.listener)

    assert refused.value.status == 403
    assert receiver.requests == []


@pytest.mark.usefixtures("told")
def test_a_sandbox_takes_the_place_of_the_address(desk):
    from providers.webhook.sandbox import sandbox

    hosts = {"target": "http://desk.test/sandbox/webhook/t/target"}
    shelf = MemoryShelf(sandbox)
    given = shelf.change("t", lambda state: dict(sandbox.credentials(state, "keys")))
    desk.tokens.of["webhook"] = given
    desk.reach.of["webhook"] = sandbox.transport(shelf, "t", hosts)
    desk.reach.hosts = hosts
    desk.jobs.drain()

    assert the_delivery(desk).state == "delivered"
    assert [row["type"] for row in shelf.states["t"]["deliveries"]] == ["deal.created"]


@pytest.mark.parametrize("attempts", range(1, 10))
def test_the_pause_is_the_planned_one_with_a_fifth_of_jitter(attempts):
    planned = PAUSES[attempts - 1]

    assert planned * 0.8 <= pause_after(attempts) <= planned * 1.2


def test_after_the_last_pause_there_is_none():
    assert pause_after(10) is None
