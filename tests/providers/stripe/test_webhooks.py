"""Signed events, and the endpoint whose secret is told only once."""

import hashlib
import hmac
import json
import time

import pytest

from dashboard.contracts.errors import BadSignature
from dashboard.contracts.events import Refetch, Trust
from providers.stripe import client, webhooks
from providers.stripe.manifest import MANIFEST

HOOK = "http://desk.test/hooks/one-of-our-urls"
EVENTS = [event.name for event in MANIFEST.events]


def listen(world, events=EVENTS):
    return webhooks.subscribe(world.client, HOOK, "unused", events)


def test_endpoint_is_asked_for_the_chosen_events_only(world):
    made = listen(world, ["invoice.paid", "refund.changed"])

    row = world.rows("webhook_endpoint")[made.id]
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    assert row["enabled_events"] == [
        "invoice.paid",
        "refund.created",
        "refund.updated",
        "refund.failed",
    ]
    assert row["api_version"] == client.API_VERSION


def test_registering_again_replaces_the_endpoint_of_our_url_only(world):
    other = {"url": "https://other.example/hook", "enabled_events": ["*"]}
    client.write(world.client, "/v1/webhook_endpoints", other, key="o")
    first = listen(world)
    second = listen(world)

    urls = [row["url"] for row in world.rows("webhook_endpoint").values()]
    assert sorted(urls) == [HOOK, "https://other.example/hook"]
    assert second.secret != first.secret


@pytest.mark.parametrize(
    ("drift", "word"),
    [
        (lambda rows, _: rows, ""),
        (lambda rows, id_: rows.pop(id_), "webhook_gone"),
        (lambda rows, id_: rows[id_].update(status="disabled"), "webhook_disabled"),
        (lambda rows, id_: rows[id_].update(url="https://x.example/"), "webhook_moved"),
    ],
)
def test_drift_of_the_endpoint_is_named(world, drift, word):
    made = listen(world)
    world.change(lambda state: drift(state["objects"]["webhook_endpoint"], made.id))

    assert webhooks.registered(world.client, made, HOOK) == word


def test_unsubscribing_twice_is_no_error(world):
    made = listen(world)
    webhooks.unsubscribe(world.client, made)
    webhooks.unsubscribe(world.client, made)

    assert world.rows("webhook_endpoint") == {}


def test_paying_a_link_tells_of_the_payment_and_the_link(world, inbound):
    trust = Trust(secrets=(listen(world).secret,))
    wanted = next(iter(world.rows("payment_link")))
    sent = [inbound(delivery) for delivery in world.play("pay_link", link=wanted)]
    for delivery in sent:
        webhooks.verify(delivery, trust)
    events = [webhooks.parse(delivery, trust)[0] for delivery in sent]

    [session] = [e for e in events if e.vendor_name == "checkout.session.completed"]
    assert [e.name for e in events].count("payment.succeeded") == 1
    assert Refetch(stream="payment_links", external_id=wanted) in session.refetch
    assert {r.stream for r in session.refetch} == {"payment_links", "payments"}
    assert len({e.id for e in events}) == len(events)


@pytest.mark.parametrize(
    ("gesture", "name", "stream"),
    [
        ("pay_invoice", "invoice.paid", "invoices"),
        ("fail_payment", "payment.failed", "payments"),
        ("refund_payment", "refund.changed", "refunds"),
    ],
)
def test_what_customers_do_is_heard_and_read_again(world, inbound, gesture, name, stream):
    trust = Trust(secrets=(listen(world).secret,))
    events = [webhooks.parse(inbound(d), trust)[0] for d in world.play(gesture)]

    [found] = [e for e in events if e.name == name]
    assert [r.stream for r in found.refetch] == [stream]


def test_deleted_objects_need_no_reading(world, inbound):
    trust = Trust(secrets=(listen(world).secret,))
    victim = next(iter(world.rows("customer")))
    world.client.call("DELETE", f"/v1/customers/{victim}")
    [event] = webhooks.parse(inbound(world.emitted[-1]), trust)

    assert event.refetch == (Refetch(stream="customers", external_id=victim, deleted=True),)


def test_kind_that_is_not_known_is_kept_as_unknown(inbound, world):
    listen(world)
    [first, *_] = world.play("refund_payment")
    body = json.loads(first.body) | {"object": "v2.core.event", "type": "v1.billing.x"}
    request = inbound(first, body=json.dumps(body).encode())

    assert webhooks.parse(request, Trust())[0].name == "unknown"


def signed(body, secret, at=None, scheme="v1"):
    stamp = int(time.time()) if at is None else at
    mark = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},{scheme}={mark}"


@pytest.mark.parametrize("extra", ["", ",v0=abc", ",v1=0000", ",v1"])
def test_any_v1_signature_is_enough(world, inbound, extra):
    secret = listen(world).secret
    [first, *_] = world.play("refund_payment")
    headers = {"stripe-signature": signed(first.body, secret) + extra}
    old_and_new = Trust(secrets=("whsec_new", secret))

    assert webhooks.verify(inbound(first, headers=headers), old_and_new) is None


@pytest.mark.parametrize(
    "header",
    [
        lambda body, secret: signed(body + b" ", secret),
        lambda body, secret: signed(body, secret + "x"),
        lambda body, secret: signed(body, secret, int(time.time()) - 301),
        lambda body, secret: signed(body, secret, scheme="v0"),
        lambda body, secret: signed(body, secret).split(",")[1],
        lambda *_: "",
        lambda *_: "t=abc,v1=def",
    ],
)
def test_anything_else_is_not_believed(world, inbound, header):
    secret = listen(world).secret
    [first, *_] = world.play("refund_payment")
    headers = {"stripe-signature": header(first.body, secret)}
    with pytest.raises(BadSignature):
        webhooks.verify(inbound(first, headers=headers), Trust(secrets=(secret,)))

    assert webhooks.verify(inbound(first), Trust(secrets=(secret,))) is None
