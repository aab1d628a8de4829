"""A pause that the vendor asks for holds everywhere; our own limit pauses nobody else."""

from contextlib import closing
from email.utils import formatdate
from time import time

import pytest

from dashboard.contracts.errors import RateLimited
from dashboard.jobs.limits import Full
from dashboard.store.base import Store
from tests.fixtures import links

AHEAD = 600


@pytest.fixture
def elsewhere(live):
    """Another process of the same desk, as far as anything is kept in memory."""
    with closing(Store(live.store.url)) as store:
        yield links.wired(live.settings, store, links.HandJobs(), live.vault)


def used(desk, row):
    return desk.opener.with_client(row.id, lambda client: client.get("/me")["id"])


@pytest.mark.parametrize("dated", [True, False])
def test_a_vendors_pause_holds_for_every_process(live, linked, vendor, elsewhere, dated):
    vendor.skew_seconds = AHEAD
    wish = formatdate(time() + AHEAD + 30, usegmt=True) if dated else "30"
    vendor.busy, before = {"retry-after": wish}, vendor.reads
    with pytest.raises(RateLimited) as told:
        used(live, linked)
    vendor.busy = None
    with pytest.raises(Full) as early:
        used(elsewhere, linked)

    assert 28 <= told.value.retry_after <= 31
    assert 20 < early.value.retry_after <= 31
    assert vendor.reads == before + 1


def test_work_that_swallows_the_refusal_pauses_the_others_all_the_same(
    live, linked, vendor, elsewhere
):
    def stubborn(client):
        with pytest.raises(RateLimited):
            client.get("/me")

    vendor.busy = {"retry-after": "30"}
    live.opener.with_client(linked.id, stubborn)
    vendor.busy = None

    with pytest.raises(Full):
        used(elsewhere, linked)


def test_our_own_limit_is_no_pause_for_others(live, linked, elsewhere):
    live.opener.apply(linked.id, Full(retry_after=30))

    assert used(elsewhere, linked) == "acc-1"


def test_settings_changed_during_work_stay(live, linked):
    def work(client):
        live.configure.save_settings(links.ANNA, linked.id, {"frequency": "hourly"})
        return client.get("/me")["id"]

    live.opener.with_client(linked.id, work)
    live.opener.healthy(linked.id)
    now = live.row(linked.id)

    assert now.settings["frequency"] == "hourly"
    assert now.version == linked.version
    assert now.next_due_at is not None
