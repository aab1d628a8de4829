"""Work that may hang with a vendor names it, so that it leaves places to the others."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.store.connections import Connection

PAST = timedelta(minutes=-1)


@pytest.fixture
def linked(desk, agent):
    """A connection for which everything is due."""
    row = Connection(agent_id=agent.id, provider="stripe", method="keys", state="active")
    row.next_due_at = row.refresh_due_at = row.probe_due_at = row.hook_due_at = clock.now() + PAST
    with desk.store.transaction() as session:
        session.add(row)
    return row.id


def ticked(desk, _connection_id):
    for tick in desk.jobs.ticks.values():
        tick()


def arrived(desk, connection_id):
    desk.inbound.hints.add({connection_id})
    desk.inbound.hints.settle()


def published(desk, connection_id):
    with desk.store.transaction() as session:
        desk.outbound._lanes.wake(session, connection_id)


@pytest.mark.parametrize(
    ("kind", "happens"),
    [
        ("sync.run", ticked),
        ("tokens.refresh", ticked),
        ("connections.probe", ticked),
        ("hooks.renew", ticked),
        ("inbound.process", arrived),
        ("outbound.deliver", published),
    ],
)
def test_a_job_that_calls_a_vendor_names_it(desk, linked, kind, happens):
    happens(desk, linked)

    assert [job.group for job in desk.jobs.of(kind)] == ["stripe"]
