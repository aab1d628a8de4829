"""One channel at a time, although the vendor has no renewal and no list of channels."""

import pytest

from tests.fixtures import links
from tests.fixtures.links import ANNA


@pytest.fixture
def desk(tmp_path):
    with links.desk(tmp_path) as made:
        yield made


def test_a_renewed_channel_takes_the_place_of_the_one_before(desk):
    row = desk.active("google_calendar", method="oauth")
    desk.configure.save_events(ANNA, row.id, ["event.changed"])
    desk.jobs.run("hooks.subscribe")
    first = desk.row(row.id).subscription["id"]
    desk.hooks.subscribe(desk.job("hooks.renew", row))
    now = desk.row(row.id)

    assert first not in desk.world(now)["channels"]
    assert list(desk.world(now)["channels"]) == [now.subscription["id"]]


def test_an_old_channel_that_cannot_be_stopped_keeps_nobody_from_the_new_one(desk):
    row = desk.active("google_calendar", method="oauth")
    desk.configure.save_events(ANNA, row.id, ["event.changed"])
    desk.jobs.run("hooks.subscribe")
    first = desk.row(row.id).subscription["id"]
    desk.change(row, lambda state: state["channels"].clear())
    desk.hooks.subscribe(desk.job("hooks.renew", row))

    assert desk.row(row.id).subscription["id"] != first
