"""Webhooks under faults: registered once in the end, and what they bring is read once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from dashboard import registry
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.sandbox.shelf import box
from dashboard.store.events import Event
from tests.contract.desks import ADMIN, connected
from tests.contract.faults import AGAIN, FAULTS, READ

MOMENT = datetime.now(UTC)
HOOKED = [p for p in registry.ids() if registry.manifest(p).hooks]
SUBSCRIBING = [p for p in HOOKED if registry.manifest(p).hooks.subscribes]
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
# Word -> state of the connection, whether the job comes again, whether the page says what is wrong.
SUBSCRIBING_STATES = {
    RateLimited: ("active", True, False),
    Unavailable: ("active", True, False),
    AuthExpired: ("needs_reauth", False, True),
    PermissionMissing: ("active", False, True),
    Rejected: ("active", False, True),
}
FINE = ("active", False, False)
# Word -> states of the event: it waits, or it is given up and kept for a person.
EVENT_STATES = {
    RateLimited: {"received"},
    Unavailable: {"received"},
    AuthExpired: {"received", "held"},
    PermissionMissing: {"dead"},
    Rejected: {"dead"},
}


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(MOMENT, tick=False)
    return time_machine


@pytest.fixture
def desk(provider, clock):
    del clock  # stands still before the desk is made
    return connected(provider).back()


def webhook_is_wrong(desk):
    return [c["ok"] for c in desk.connection().checks if c["name"] == "webhook"] == [False]


def events(desk):
    with desk.rooms.store.transaction() as session:
        return list(session.exec(select(Event)).all())


def sending(desk):
    """The first gesture that makes the vendor call us; what the desk answered."""
    for name in box(desk.provider).gestures:
        if answers := desk.play(name):
            return answers
    return []


def by_hand_again(desk):
    """What our sentences ask of a person: release what was held, replay what was given up."""
    states = {event.state for event in events(desk)}
    if "held" in states:
        desk.rooms.inbound.by_hand.release(ADMIN, desk.connection_id)
    if "dead" in states:
        desk.rooms.inbound.by_hand.replay_dead(ADMIN, desk.connection_id)


@each_fault
@pytest.mark.parametrize("provider", SUBSCRIBING)
def test_a_registration_that_failed_is_made_up_for(desk, fault, clock):
    desk.breaks(fault)
    place = {"connection_id": desk.connection_id}
    desk.jobs.enqueue("hooks.renew", place)
    desk.jobs.drain()

    seen = desk.connection().state, bool(desk.jobs.of("hooks.renew")), webhook_is_wrong(desk)
    wanted = [SUBSCRIBING_STATES[word] for word in fault.allowed(AGAIN)]
    assert seen in (wanted or [FINE])

    desk.network.heals()
    clock.move_to(MOMENT + timedelta(minutes=20), tick=False)
    if desk.connection().state == "needs_reauth":
        desk.sign_in()
    desk.jobs.enqueue("hooks.renew", place)
    desk.jobs.drain()
    assert (desk.connection().state, webhook_is_wrong(desk)) == ("active", False)
    # A registration that was replaced may call once more; it is not believed.
    assert 200 in sending(desk)
    assert len({event.vendor_id for event in events(desk)}) == len(events(desk)) > 0


@each_fault
@pytest.mark.parametrize("provider", HOOKED)
def test_an_event_whose_record_cannot_be_read_waits_and_takes_effect_once(desk, fault, clock):
    assert 200 in sending(desk)
    desk.breaks(fault)
    desk.process()
    # A hint to read a whole stream is done when that reading is queued.
    asked = any(row[1] for event in events(desk) for row in event.work.get("refetch", ()))

    states = {event.state for event in events(desk)}
    gone = fault.name in ("404", "410")
    wanted = {s for word in fault.allowed(READ) for s in EVENT_STATES[word]}
    assert states <= (wanted | ({"done"} if gone else set()) if asked and wanted else {"done"})

    desk.network.heals()
    clock.move_to(MOMENT + timedelta(minutes=40), tick=False)
    if desk.connection().state == "needs_reauth":
        desk.sign_in()
    by_hand_again(desk)
    desk.process()
    assert {event.state for event in events(desk)} == {"done"}
    assert desk.connection().state == "active"
