"""Each word moves the desk's states as promised, and all is well again when the fault is gone."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import registry
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from tests.contract.desks import ADMIN, connected
from tests.contract.faults import FAULTS, GOOD_STATUS, READ

MOMENT = datetime.now(UTC)
STREAMS = [
    pytest.param(provider, stream.name, id=f"{provider}-{stream.name}")
    for provider in registry.ids()
    for stream in registry.manifest(provider).streams
    if not stream.events_only
]
FIRST = {stream.values[0]: stream.values for stream in reversed(STREAMS)}.values()
each_provider = pytest.mark.parametrize("provider", registry.ids())
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
# Word -> run, connection, whether the run goes on by itself at a known time.
SYNC = {
    RateLimited: ("queued", "active", True),
    Unavailable: ("queued", "active", True),
    AuthExpired: ("queued", "needs_reauth", False),
    PermissionMissing: ("partial", "active", False),
    Rejected: ("failed", "active", False),
}
FINE = ("succeeded", "active", False)


def whole(desk, stream):
    """Read everything anew, and fail at the second request."""
    return desk.rooms.sync.resync(ADMIN, desk.connection_id, only=[stream]), 1


def changes(desk, stream):
    """Read what has changed, and fail at once."""
    return desk.rooms.sync.request(ADMIN, desk.connection_id, "button", only=[stream]), 0


# One fault for each word, and the answers that look like "there is nothing".
TELLING = {"401", "403", "404", "410", "429-silent", "503-silent", "empty", "empty-object"}
# What a word does is the same for all streams, so one of each provider meets all faults.
READINGS = [
    pytest.param(*stream.values, reading, fault, id=f"{stream.id}-{reading.__name__}-{fault.name}")
    for stream in STREAMS
    for reading in (whole, changes)
    for fault in FAULTS
    if fault.name in TELLING or (reading is whole and stream.values in FIRST)
]


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(MOMENT, tick=False)
    return time_machine


@pytest.fixture
def desk(provider, clock):
    del clock  # stands still before the desk is made
    return connected(provider).back()


def recovered(desk, run, stream, clock):
    """What a person and time do about it; the run that ended well."""
    desk.network.heals()
    clock.move_to(MOMENT + timedelta(minutes=40), tick=False)
    if desk.connection().state == "needs_reauth":
        desk.sign_in()
        desk.rooms.sync.revive()
    desk.jobs.drain()
    if desk.run(run.id).state in ("failed", "partial"):
        run, _ = changes(desk, stream)
        desk.jobs.drain()
    return desk.run(run.id)


@pytest.mark.parametrize(("provider", "stream", "reading", "fault"), READINGS)
def test_a_fault_while_reading_loses_nothing_and_is_got_over(desk, stream, fault, reading, clock):
    before = desk.records(stream)
    run, place = reading(desk, stream)
    desk.breaks(fault, set(range(place, 100)))
    desk.jobs.drain()

    now, state = desk.run(run.id), desk.connection().state
    wanted = [FINE] if fault.fine else [SYNC[word] for word in fault.allowed(READ)]
    met = len(desk.network.sent) > place
    assert (now.state, state, now.retry_at is not None) in (wanted if met else [FINE])
    assert desk.records(stream) == before

    after = recovered(desk, run, stream, clock)
    assert (after.state, after.refused, desk.connection().state) == ("succeeded", 0, "active")
    assert desk.records(stream) == before


@each_fault
@each_provider
def test_a_test_of_the_connection_tells_the_truth_and_a_later_one_mends_it(desk, fault):
    desk.breaks(fault)
    result = desk.rooms.checker.test(ADMIN, desk.connection_id)

    assert result.ok == desk_is_fine(desk, fault)
    lost = fault.words[:1] == (AuthExpired,) or (not result.ok and AuthExpired in fault.words)
    assert desk.connection().state in (("needs_reauth", "active") if lost else ("active",))

    desk.network.heals()
    assert desk.rooms.checker.test(ADMIN, desk.connection_id).ok
    assert desk.connection().state == "active"


@each_fault
@each_provider
def test_leaving_ends_here_whatever_the_vendor_says(desk, fault):
    desk.breaks(fault)

    report = desk.rooms.disconnect.disconnect(ADMIN, desk.connection_id)
    assert desk.connection().state == "disconnected"
    assert report.revoked or report.why_not
    with desk.rooms.store.transaction() as session:
        owner = f"connection:{desk.connection_id}"
        assert "credentials" not in desk.rooms.vault.names(session, owner)


def desk_is_fine(desk, fault):
    """Receivers of webhooks answer in free text, so any 2xx proves them."""
    free = registry.manifest(desk.provider).deliveries is not None
    return fault.fine or (free and fault.name in GOOD_STATUS)
