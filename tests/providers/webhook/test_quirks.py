"""What is odd about a receiver nobody has described: its answers, its address, its headers."""

import re
from datetime import timedelta

import pytest

from dashboard.contracts.errors import (
    AuthExpired,
    BadSignature,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.contracts.events import Request
from dashboard.kit import moments
from dashboard.kit.access import Access, hosts
from dashboard.kit.signatures import StandardWebhooks
from providers.webhook import client as webhook
from providers.webhook import webhooks
from providers.webhook.manifest import MANIFEST
from tests.contract import bench

PATTERN = MANIFEST.auth[0].fields[1].pattern


def test_connecting_is_proven_by_a_signed_test_event(account):
    known = account.part("client").identify(account.client)

    delivered = account.state()["deliveries"]
    assert [row["type"] for row in delivered] == ["webhook.test"] * 2
    assert {row["status"] for row in delivered} == {200}
    assert known.name == "example.com"


def test_the_same_address_is_the_same_account(account, chosen):
    one = account.part("client").identify(account.client).id
    other = {"url": "https://example.com/hooks/other"}

    assert account.part("client").identify(account.client).id == one
    assert account.part("client").identify(chosen(other).client).id != one


def test_a_changed_secret_at_the_receiver_asks_for_it_again(account, chosen):
    account.change(lambda state: account.sandbox.fault(state, "revoke"))
    with pytest.raises(AuthExpired):
        account.part("client").identify(account.client)
    fresh = account.change(lambda state: dict(account.sandbox.credentials(state, "keys")))

    assert account.part("client").identify(chosen(fresh).client).id


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        (301, Rejected, "redirects"),
        (307, Rejected, "redirects"),
        (400, Rejected, "rejected"),
        (401, AuthExpired, "auth_expired"),
        (403, PermissionMissing, "permission_missing"),
        (404, Rejected, "wrong_url"),
        (405, Rejected, "wrong_url"),
        (408, Unavailable, "unavailable"),
        (410, Rejected, "gone"),
        (413, Rejected, "too_large"),
        (415, Rejected, "rejected"),
        (422, Rejected, "rejected"),
        (425, Unavailable, "unavailable"),
        (429, RateLimited, "rate_limited"),
        (500, Unavailable, "unavailable"),
        (504, Unavailable, "unavailable"),
    ],
)
def test_an_answer_has_its_word(answering, trigger, status, word, code):
    account = answering(status, text="says the receiver")

    with pytest.raises(word) as raised:
        trigger()
    assert raised.value.code == code
    assert len(account.network.requests) == 1


@pytest.mark.parametrize("answer", [{"text": "Accepted"}, {"json": {"ok": 1}}, {"html": "<p>"}, {}])
@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_success_whatever_it_says(answering, trigger, answer, status):
    answering(status, **answer)

    assert trigger().status == status


def test_a_long_answer_is_cut(answering, trigger):
    answering(200, text="я" * 5000)

    assert len(trigger().answer) == 1024


def test_what_the_receiver_echoes_shows_no_secret(answering, trigger):
    secret = answering(200).client.access.credentials["signing_secret"]
    answering(400, text=f"bad secret {secret}")

    with pytest.raises(Rejected) as raised:
        trigger()
    assert secret not in repr(raised.value)
    assert "bad secret ***" in raised.value.reason


def test_a_repeat_carries_the_same_id_and_is_taken_once(account, trigger):
    before = len(account.state()["deliveries"])
    first, second = (trigger(key="once", payload={"a": 1}) for _ in range(2))
    ids = [r.headers["webhook-id"] for r in account.network.requests]

    assert first == second
    assert ids == [first.external_id] * 2
    assert len(account.state()["deliveries"]) == before + 1


def test_another_key_or_event_is_another_message(trigger):
    ids = {trigger(key=k, event=e).external_id for k in ("a", "b") for e in ("x.y", "x.z")}

    assert len(ids) == 4
    assert all("." not in one for one in ids)


def test_a_repeat_succeeds_when_the_receiver_is_back(account, trigger):
    account.play("answer_500")
    with pytest.raises(Unavailable):
        trigger()
    account.play("answer_200")

    assert trigger().status == 200


def test_a_lost_answer_may_be_repeated(account, trigger):
    account.change(lambda state: account.sandbox.fault(state, "lose_reply"))

    with pytest.raises((Unavailable, OutcomeUnknown)) as lost:
        trigger()
    assert isinstance(lost.value, Unavailable)
    assert trigger().status == 200


def test_an_event_too_large_is_not_sent(account, trigger):
    with pytest.raises(Rejected) as refused:
        trigger(payload={"text": "x" * 300_000})

    assert (refused.value.code, refused.value.field) == ("too_large", "payload")
    assert account.network.requests == []


def test_extra_headers_go_along_but_never_frame_sign_or_impersonate(chosen, trigger):
    bad = {
        "Webhook-Signature": "v1,forged",
        "Host": "inside",
        "content-type": "text/plain",
        "X-Amz-Target": "x",
        "X-Bad": "a\r\nX-More: b",
        "Имя": "x",
        "X-Long": "x" * 5000,
    }
    account = chosen(headers={"X-Project": "42", **bad})

    trigger()
    sent = account.network.requests[-1].headers
    assert sent["x-project"] == "42"
    assert sent["content-type"] == "application/json"
    assert not {"x-amz-target", "x-bad", "x-more", "x-long"} & set(sent)
    (check,) = account.part("client").checks(account.client)
    assert not check.ok
    assert set(check.detail.split(", ")) == set(bad)


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/in",
        "https://receiver.example/in/",
        "https://receiver.example/in?token=abc",
        "https://receiver.example:8443/",
    ],
)
def test_the_address_is_called_exactly_as_it_was_given(url):
    called = []

    def receive(request):
        called.append(str(request.url))
        return bench.httpx.Response(200)

    access = Access(
        credentials={"url": url, "signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        hosts=hosts(MANIFEST, webhook.addresses({"url": f" {url} "}), {}),
        transport=bench.httpx.MockTransport(receive),
    )
    webhook.identify(webhook.connect(access))

    assert called == [url]


@pytest.mark.parametrize("url", ["", "example.com", "ftp://example.com", "https://", "https://[x"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(Rejected) as refused:
        webhook.addresses({"url": url})

    assert (refused.value.code, refused.value.field) == ("bad_url", "url")


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", True),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", True),
        ("whsec_" + "A" * 43 + "=", True),
        ("whsec_short", False),
        ("whsec_" + "A" * 33, False),
        ("whsec_" + "-" * 32, False),
        ("whsec_" + "A" * 92, False),
        ("", False),
    ],
)
def test_a_secret_is_what_the_standard_allows(typed, fits):
    assert bool(re.fullmatch(PATTERN, typed)) is fits


def test_a_secret_that_cannot_sign_is_refused_in_words(chosen, trigger):
    chosen({"signing_secret": "whsec_not base64 at all"})

    with pytest.raises(Rejected) as refused:
        trigger()
    assert (refused.value.code, refused.value.field) == ("bad_secret", "signing_secret")


@pytest.mark.parametrize(("hours", "signatures"), [(1, 2), (-1, 1)])
def test_after_a_change_of_the_secret_both_sign_for_a_while(chosen, trigger, hours, signatures):
    old = chosen().client.access.credentials["signing_secret"]
    until = moments.now() + timedelta(hours=hours)
    account = chosen(
        {
            "signing_secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "signing_secret_previous": old,
            "signing_secret_previous_until": until.isoformat(),
        }
    )
    account.network.instead = lambda _: bench.httpx.Response(200)

    trigger()
    assert account.network.requests[-1].headers["webhook-signature"].count("v1,") == signatures


def test_a_receiver_is_left_by_hand(account):
    left = account.part("client").revoke(account.client)

    assert (left.revoked, left.why_not) == (False, "forget_secret")


def test_a_call_becomes_a_run(account, secret):
    given = {"hook_url": bench.HOOK_URL, "hook_secret": secret, "event": "lead.ready"}
    (delivery,) = account.play("send_event", given)

    (event,) = webhooks.parse(bench.request(delivery), bench.trust(account, secret))
    ((stream, run),) = event.records
    assert (stream, run.external_id, run.trigger) == ("runs", event.id, "lead.ready")
    assert event.payload["data"]["order"] == 1042


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",)])
def test_without_the_right_secret_nothing_is_believed(account, secret, secrets):
    (delivery,) = account.play("send_event", {"hook_url": "https://x", "hook_secret": secret})
    trust = bench.trust(account, secret)

    with pytest.raises(BadSignature):
        webhooks.verify(bench.request(delivery), bench.replace(trust, secrets=secrets))


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"a=1", b"\xff"])
def test_a_signed_call_that_is_no_event_is_refused_in_words(secret, body):
    headers = StandardWebhooks(secrets=[secret]).sign("msg_1", body)
    request = Request(method="POST", headers=headers, body=body)

    with pytest.raises(Rejected) as refused:
        webhooks.parse(request, bench.Trust())
    assert refused.value.code == "not_an_event"
