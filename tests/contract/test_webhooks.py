"""A webhook is believed only when it is the vendor's own, and read into our words."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard import registry
from dashboard.contracts.errors import BadSignature, ProviderError
from dashboard.contracts.manifest import Proof
from dashboard.kit import moments
from dashboard.kit.sandbox import Emitted
from tests.contract import bench

HOOKED = [p for p in registry.ids() if registry.manifest(p).hooks]
SUBSCRIBING = [p for p in HOOKED if registry.manifest(p).hooks.subscribes]
SIGNED = [p for p in HOOKED if registry.manifest(p).hooks.proof is not Proof.SECRET_URL]
GESTURES = [
    pytest.param(provider, gesture, id=f"{provider}-{gesture}")
    for provider in HOOKED
    for gesture in registry.part(provider, "sandbox").sandbox.gestures
]
each_hooked = pytest.mark.parametrize("provider", HOOKED)
each_subscribing = pytest.mark.parametrize("provider", SUBSCRIBING)
each_signed = pytest.mark.parametrize("provider", SIGNED)


@pytest.mark.parametrize(("provider", "gesture"), GESTURES)
def test_what_a_gesture_sends_is_believed_and_read(account, gesture):
    secret, subscription = bench.subscribed(account)
    trust, hooks = bench.trust(account, secret, subscription), account.part("webhooks")
    known = {event.name for event in account.manifest.events} | {"unknown"}

    for delivery in bench.played(account, secret, gesture):
        hooks.verify(bench.request(delivery), trust)
        events = hooks.parse(bench.request(delivery), trust)
        assert {event.name for event in events} <= known
        assert all(event.id and event.vendor_name for event in events)


@each_hooked
def test_some_gesture_sends_a_webhook_with_one_of_our_words(account):
    secret, subscription = bench.subscribed(account)
    trust = bench.trust(account, secret, subscription)

    delivery = bench.played(account, secret)[0]
    events = account.part("webhooks").parse(bench.request(delivery), trust)
    assert delivery.url.startswith(bench.HOOK_URL)
    assert events[0].name in {event.name for event in account.manifest.events}
    assert events[0].records or events[0].refetch or events[0].payload


@each_hooked
def test_the_same_delivery_gives_the_same_ids(account):
    secret, subscription = bench.subscribed(account)
    trust, hooks = bench.trust(account, secret, subscription), account.part("webhooks")
    delivery = bench.request(bench.played(account, secret)[0])

    first, second = ([e.id for e in hooks.parse(delivery, trust)] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)


@each_hooked
def test_two_happenings_have_two_ids(account):
    secret, subscription = bench.subscribed(account)
    trust, hooks = bench.trust(account, secret, subscription), account.part("webhooks")

    one, two = (bench.request(bench.played(account, secret)[0]) for _ in range(2))
    assert {e.id for e in hooks.parse(one, trust)}.isdisjoint(e.id for e in hooks.parse(two, trust))


@each_signed
def test_a_wrong_secret_is_refused(account):
    secret, subscription = bench.subscribed(account)
    other = bench.trust(account, secret[:-4] + "AAA=", subscription)
    delivery = bench.request(bench.played(account, secret)[0])

    with pytest.raises(BadSignature):
        account.part("webhooks").verify(delivery, other)


@each_signed
def test_no_secret_at_all_believes_nothing(account):
    secret, subscription = bench.subscribed(account)
    nothing = replace(bench.trust(account, secret, subscription), secrets=())
    delivery = bench.request(bench.played(account, secret)[0])

    with pytest.raises(BadSignature):
        account.part("webhooks").verify(delivery, nothing)


@each_signed
def test_a_call_without_the_proof_header_is_refused(account):
    secret, subscription = bench.subscribed(account)
    trust, delivery = bench.trust(account, secret, subscription), bench.played(account, secret)[0]
    plain = {"content-type": "application/json"}

    with pytest.raises(BadSignature):
        account.part("webhooks").verify(bench.request(replace(delivery, headers=plain)), trust)


@pytest.mark.parametrize(
    "provider", [p for p in HOOKED if registry.manifest(p).hooks.proof is Proof.SIGNATURE]
)
@pytest.mark.parametrize("later", [0, 86_400])
def test_a_changed_body_or_an_old_delivery_is_refused(account, later, time_machine):
    secret, subscription = bench.subscribed(account)
    trust, sent = bench.trust(account, secret, subscription), bench.played(account, secret)[0]
    delivery = sent if later else replace(sent, body=sent.body + b" ")
    time_machine.move_to(moments.now() + timedelta(seconds=later))

    with pytest.raises(BadSignature):
        account.part("webhooks").verify(bench.request(delivery), trust)


@each_subscribing
def test_subscribing_twice_keeps_one_registration(account):
    chosen, hooks = [event.name for event in account.manifest.events], account.part("webhooks")
    secret = bench.secret_for(account.manifest)
    hooks.subscribe(account.client, bench.HOOK_URL, secret, chosen)
    made = hooks.subscribe(account.client, bench.HOOK_URL, secret, chosen)

    sent = bench.played(account, made.secret or secret)
    trust = bench.trust(account, made.secret or secret, made.id)
    events = [e.id for d in sent for e in hooks.parse(bench.request(d), trust)]
    assert len(set(events)) == len(events) > 0
    assert hooks.registered(account.client, made, bench.HOOK_URL) == ""


@each_subscribing
def test_unsubscribing_ends_the_calls(account):
    hooks, secret = account.part("webhooks"), bench.secret_for(account.manifest)
    chosen = [event.name for event in account.manifest.events]
    made = hooks.subscribe(account.client, bench.HOOK_URL, secret, chosen)

    hooks.unsubscribe(account.client, made)
    assert bench.played(account, made.secret or secret) == []


@each_subscribing
def test_unsubscribing_twice_is_no_error(account):
    hooks, secret = account.part("webhooks"), bench.secret_for(account.manifest)
    chosen = [event.name for event in account.manifest.events]
    made = hooks.subscribe(account.client, bench.HOOK_URL, secret, chosen)

    hooks.unsubscribe(account.client, made)
    assert hooks.unsubscribe(account.client, made) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"a":1}', b"a=1&b[]=2&b[x][y]=3", "Ж".encode("cp1251"), b"\x00"],
)
@each_hooked
def test_an_odd_body_is_refused_in_words_or_read_as_nothing_known(account, body):
    secret, subscription = bench.subscribed(account)
    trust = bench.trust(account, secret, subscription)
    odd = bench.request(Emitted(url=bench.HOOK_URL, body=body, headers={}))

    events = []
    with contextlib.suppress(ProviderError, ValueError):
        events = account.part("webhooks").parse(odd, trust)
    assert {event.name for event in events} <= {"unknown"}
