"""What Stripe's keys and errors mean, and how strict its sandbox is."""

import pytest

from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from providers.stripe import client


def test_account_has_a_name_a_mode_and_a_currency(world):
    account = client.identify(world.client)

    assert account.id.startswith("acct_")
    assert account.name == "Мастерская «Север» (test)"
    assert account.settings == {"account_currency": "eur"}


def test_restricted_key_without_the_account_right_is_known_by_itself(world):
    world.change(lambda state: state["denied"].append("account"))
    account = client.identify(world.client)

    assert account.id.startswith("key_")
    assert world.key not in repr(account)


def test_publishable_key_is_refused_with_its_own_sentence():
    with pytest.raises(Rejected) as refused:
        client.addresses({"api_key": "pk_live_" + "a" * 24})

    assert (refused.value.code, refused.value.field) == ("publishable_key", "api_key")


def test_rolled_key_asks_for_a_new_one_and_the_new_one_works(world):
    old = world.client
    world.fault("revoke")
    with pytest.raises(AuthExpired):
        client.identify(old)

    assert client.identify(world.client).id


def test_missing_right_is_named_and_checked(world):
    world.change(lambda state: state["denied"].append("events"))
    with pytest.raises(PermissionMissing) as refused:
        world.client.get("/v1/events")

    assert refused.value.scope == "rak_event_read"
    assert [(c.name, c.ok) for c in client.checks(world.client)] == [("events", False)]


def test_every_request_names_the_version(world):
    client.identify(world.client)

    assert world.network.requests[-1].headers["stripe-version"] == "2026-10-28.endive"


def test_key_is_in_no_error(world):
    with pytest.raises(Rejected) as refused:
        world.client.get(f"/v1/customers/{world.key}")

    assert world.key not in repr(refused.value) + str(refused.value)
    assert refused.value.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("status", "error", "word", "code"),
    [
        (401, {"type": "invalid_request_error"}, AuthExpired, "wrong_key"),
        (403, {"type": "invalid_request_error"}, PermissionMissing, "permission_missing"),
        (402, {"type": "card_error", "code": "card_declined"}, Rejected, "card_declined"),
        (400, {"type": "idempotency_error"}, Rejected, "key_reused"),
        (
            409,
            {"type": "invalid_request_error", "code": "lock_timeout"},
            Unavailable,
            "unavailable",
        ),
        (409, {"type": "idempotency_error"}, Unavailable, "unavailable"),
        (400, {"code": "amount_too_small", "param": "amount"}, Rejected, "amount_too_small"),
        (400, {"code": "parameter_missing"}, Rejected, "rejected"),
        (404, {"code": "resource_missing"}, Rejected, "not_found"),
        (424, {"type": "api_error"}, Unavailable, "unavailable"),
        (500, {"type": "api_error"}, Unavailable, "unavailable"),
        (503, {"type": "api_error"}, Unavailable, "unavailable"),
    ],
)
def test_status_and_code_decide_the_word(answering, status, error, word, code):
    body = {"error": {**error, "message": "The vendor's own words."}}
    asking = answering(status, json=body, headers={"request-id": "req_1"})
    with pytest.raises(word) as refused:
        client.write(asking, "/v1/refunds", key="k")

    assert refused.value.code == code
    assert refused.value.request_id == "req_1"


@pytest.mark.parametrize(("headers", "pause"), [({"retry-after": "7"}, 7), ({}, 2)])
def test_pause_is_the_header_or_two_seconds(answering, headers, pause):
    with pytest.raises(RateLimited) as refused:
        answering(429, json={"error": {}}, headers=headers).get("/v1/customers")

    assert refused.value.retry_after == pause


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"{}", b'{"error": "text"}'])
def test_unreadable_answers_are_no_answer(answering, body):
    with pytest.raises(Unavailable):
        client.identify(answering(200, content=body))


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/v1/customers", {"limit": 101}, "limit"),
        ("/v1/customers", {"updated_since": 1}, "updated_since"),
        ("/v1/invoices", {"starting_after": "in_none"}, "starting_after"),
        ("/v1/payment_links", {"expand[]": ["data.nothing"]}, "expand"),
    ],
)
def test_sandbox_refuses_lists_that_are_not_documented(world, path, params, field):
    with pytest.raises(Rejected) as refused:
        world.client.get(path, params)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/payment_intents", {"amount": "10.5", "currency": "eur"}, "amount"),
        ("/v1/payment_intents", {"amount": 5, "currency": "eur"}, "amount"),
        ("/v1/payment_intents", {"amount": 500, "currency": "EUR"}, "currency"),
        ("/v1/payment_intents", {"currency": "eur"}, "amount"),
        ("/v1/refunds", {"payment_intent": "pi_none"}, "payment_intent"),
        ("/v1/webhook_endpoints", {"url": "http://x.example", "enabled_events": ["*"]}, "url"),
        ("/v1/customers", {"phone_number": "+7"}, "phone_number"),
    ],
)
def test_sandbox_refuses_bodies_that_are_not_documented(world, path, body, field):
    with pytest.raises(Rejected) as refused:
        client.write(world.client, path, body, key="k")

    assert refused.value.field == field


def test_key_with_other_values_is_refused(world):
    client.write(world.client, "/v1/customers", {"name": "A"}, key="k")
    with pytest.raises(Rejected) as refused:
        client.write(world.client, "/v1/customers", {"name": "B"}, key="k")

    assert refused.value.code == "key_reused"
