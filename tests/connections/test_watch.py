"""Every working connection is asked now and then whether it lives, though it reads nothing."""

from datetime import timedelta

import pytest

from dashboard import clock, registry
from dashboard.connections.watch import Watch
from dashboard.contracts.errors import AuthExpired
from dashboard.store.due import Work, late
from tests.fixtures.links import ANNA


@pytest.fixture
def link(desk):
    return desk.active()


@pytest.fixture
def probe(desk):
    """Let the time of probes come, and do what it brings."""

    def ask(row):
        with desk.store.transaction() as session:
            fresh = session.get_one(type(row), row.id)
            fresh.probe_due_at = clock.now() - timedelta(seconds=1)
        desk.jobs.clocks["connections.probe_due"]()
        desk.jobs.run("connections.probe")
        return desk.row(row.id)

    return ask


def minutes_until(moment):
    return (moment - clock.now()).total_seconds() / 60


def test_a_new_connection_is_asked_within_the_hour(link):
    assert 53 < minutes_until(link.probe_due_at) < 67


def test_a_connection_that_lives_is_asked_again_in_an_hour(link, probe):
    row = probe(link)

    assert row.state == "active"
    assert row.checks[0] == {"name": "account", "ok": True, "detail": row.account_name}
    assert 53 < minutes_until(row.probe_due_at) < 67


def test_a_claimed_probe_is_queued_once(desk, link):
    with desk.store.transaction() as session:
        session.get_one(type(link), link.id).probe_due_at = clock.now()
    Watch.due(desk.watch)
    Watch.due(desk.watch)

    assert desk.jobs.kinds() == ["connections.probe"]
    with desk.store.transaction() as session:
        assert late(session, Work.PROBE, clock.now()) == 0


def test_a_dead_login_is_noticed_and_no_longer_asked(desk, link, probe):
    desk.fault(link, "revoke")
    row = probe(link)

    assert row.state == "needs_reauth"
    assert row.probe_due_at is None


def test_a_login_whose_fresh_tokens_are_refused_too_is_noticed(desk, probe, monkeypatch):
    link = desk.active(method="oauth")
    client = registry.part("acme", "client")

    def refused(_client):
        raise AuthExpired

    monkeypatch.setattr(client, "identify", refused)

    assert probe(link).state == "needs_reauth"


def test_a_new_login_is_asked_again(desk, link, probe):
    desk.fault(link, "revoke")
    probe(link)
    desk.change(link, lambda state: state["faults"].clear())
    desk.connect.submit_keys(ANNA, link.id, desk.sample(link))

    row = desk.row(link.id)
    assert row.state == "active"
    assert 53 < minutes_until(row.probe_due_at) < 67


def test_an_outage_is_noticed_without_anything_to_read_and_forgotten_after_it(desk, link, probe):
    desk.fault(link, "outage")
    rows = [probe(link) for _ in range(3)]
    degraded = [row.state for row in rows]
    desk.change(link, lambda state: state["faults"].clear())

    assert degraded == ["active", "active", "degraded"]
    assert minutes_until(rows[-1].probe_due_at) < 6
    assert probe(link).state == "active"


def test_a_connection_that_was_just_read_is_not_asked(desk, link, probe):
    with desk.store.transaction() as session:
        session.get_one(type(link), link.id).last_sync_at = clock.now()
    desk.fault(link, "outage")
    row = probe(link)

    assert row.failures == 0
    assert 53 < minutes_until(row.probe_due_at) < 67


def test_a_disconnected_connection_leaves_every_schedule(desk, link):
    desk.disconnect.disconnect(ANNA, link.id)
    row = desk.row(link.id)

    assert (row.next_due_at, row.probe_due_at, row.hook_due_at) == (None, None, None)
