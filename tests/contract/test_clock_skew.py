"""A vendor whose clock is ten minutes from ours loses nothing and doubles nothing."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import registry
from dashboard.contracts.actions import Repeat
from dashboard.contracts.errors import BadSignature, OutcomeUnknown, Unavailable
from dashboard.contracts.manifest import OAuth2, Proof
from dashboard.kit import moments
from tests.contract import bench
from tests.contract.desks import ADMIN, connected
from tests.contract.faults import Skewed
from tests.contract.samples import arguments

MOMENT = datetime.now(UTC)
SKEW = timedelta(minutes=10)
each_skew = pytest.mark.parametrize("skew", [SKEW, -SKEW], ids=["ahead", "behind"])
TOUCHING = [
    pytest.param(provider, name, action.touches, id=f"{provider}-{name}")
    for provider in registry.ids()
    for name, action in registry.actions(provider).items()
    if action.touches and registry.manifest(provider).stream(action.touches)
]
LOOKED_UP = [
    pytest.param(provider, name, id=f"{provider}-{name}")
    for provider in registry.ids()
    for name, action in registry.actions(provider).items()
    if action.repeat is Repeat.LOOKUP
]
HOOKED = [p for p in registry.ids() if registry.manifest(p).hooks]
SIGNED = [p for p in HOOKED if registry.manifest(p).hooks.proof is Proof.SIGNATURE]
BY_OAUTH = [p for p in registry.ids() if isinstance(registry.manifest(p).auth[0], OAuth2)]


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(MOMENT, tick=False)
    return time_machine


@pytest.fixture
def skewed(provider, skew, clock):
    """An account at a vendor whose clock differs, signed in and used since."""
    del clock
    account = bench.open_account(provider, registry.manifest(provider).auth[0].id)
    account.reconnect(Skewed(account.network, skew))
    return account


@each_skew
@pytest.mark.parametrize(("provider", "name", "stream"), TOUCHING)
def test_a_change_after_the_reading_is_in_the_next_one(skewed, name, stream, clock):
    given = skewed.action(name).takes.model_validate(arguments(skewed, name))
    cursor = skewed.pages(stream)[-1].cursor
    clock.move_to(MOMENT + timedelta(seconds=20), tick=False)

    made = skewed.action(name).run(skewed.client, given, key="skewed-1")
    changed = [r.external_id for page in skewed.pages(stream, cursor) for r in page.records]
    assert made.external_id in changed


@each_skew
@pytest.mark.parametrize(("provider", "name"), LOOKED_UP)
def test_a_lost_answer_is_found_and_an_old_record_is_not_taken_for_it(skewed, name, clock):
    action = skewed.action(name)
    given = action.takes.model_validate(arguments(skewed, name))
    started = moments.now()
    skewed.change(lambda state: skewed.sandbox.fault(state, "lose_reply"))
    with contextlib.suppress(OutcomeUnknown, Unavailable):
        action.run(skewed.client, given, key="skewed-1")
    clock.move_to(MOMENT + timedelta(seconds=30), tick=False)

    assert isinstance(action.lookup(skewed.client, given, "skewed-1", started), action.gives)
    later = started + timedelta(minutes=5)
    clock.move_to(later + timedelta(seconds=30), tick=False)
    assert action.lookup(skewed.client, given, "skewed-1", later) is None


@each_skew
@pytest.mark.parametrize("provider", SIGNED)
def test_a_signature_ten_minutes_off_is_refused_and_taken_when_the_clock_is_right(
    provider, skew, clock
):
    account = bench.open_account(provider, registry.manifest(provider).auth[0].id)
    secret, subscription = bench.subscribed(account)
    trust, hooks = bench.trust(account, secret, subscription), account.part("webhooks")
    sent = bench.request(bench.played(account, secret)[0])

    clock.move_to(MOMENT + skew, tick=False)
    with pytest.raises(BadSignature):
        hooks.verify(sent, trust)

    clock.move_to(MOMENT + timedelta(minutes=2), tick=False)
    hooks.verify(sent, trust)
    assert hooks.parse(sent, trust)


@each_skew
@pytest.mark.parametrize("provider", BY_OAUTH)
def test_a_token_ends_by_our_own_clock_so_it_is_renewed_in_time(provider, skew, clock):
    desk = connected(provider).back()
    kind = desk.network.inner
    desk.network.inner = Skewed(kind, skew)
    desk.sign_in()
    ends = desk.connection().token_expires_at
    desk.network.sent.clear()

    clock.move_to(ends - timedelta(seconds=30), tick=False)
    run = desk.rooms.sync.request(ADMIN, desk.connection_id, "button")
    desk.jobs.drain()
    desk.network.inner = kind
    assert desk.run(run.id).state == "succeeded"
    tokens = registry.manifest(provider).auth[0].token.path
    assert [r.url.path.endswith(tokens) for r in desk.network.sent].count(True) == 1
