"""A vendor's ceiling holds for all workers together."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from dashboard import registry
from dashboard.contracts.manifest import RateLimit, Source
from dashboard.jobs.limits import (
    LONGEST_WAY,
    MOST_WAITING,
    ON_THE_WAY,
    Bucket,
    Full,
    Limits,
    Share,
    of_people,
    of_vendor,
)
from dashboard.store import limits as rows

SOURCE = Source("https://example.com/limits", date(2026, 11, 24))
HOUR = timedelta(hours=1)
TEN_AT_ONCE = of_people(RateLimit(20, HOUR, SOURCE), at_once=10)
SLOW = Bucket(size=8.0, per_second=0.001, reserve=2.0)
KEY = "vendor:account"


def taken(limits, bucket, times, share=Share.INTERACTIVE):
    def one(_):
        try:
            limits.take(KEY, bucket, share)
        except Full:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(times)))


@pytest.fixture
def statements(store):
    """What is sent to the database, from now on."""
    sent = []
    for engine in (store.engine, store._unsynced):
        sa.event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    return sent


def test_threads_together_get_what_the_bucket_holds(store):
    assert taken(Limits(store), TEN_AT_ONCE, 40) == 10


def test_an_empty_bucket_says_when_it_has_something_again(store):
    limits, bucket = Limits(store), Bucket(size=1.0, per_second=2.0)
    limits.take(KEY, bucket)
    with pytest.raises(Full) as refused:
        limits.take(KEY, bucket)
    time.sleep(refused.value.retry_after + 0.05)

    limits.take(KEY, bucket)
    assert 0 < refused.value.retry_after <= 0.5
    assert refused.value.code == "rate_limited"


def test_accounts_have_buckets_of_their_own(store):
    limits, once = Limits(store), Bucket(size=1.0, per_second=0.001)
    limits.take("vendor:one", once)

    limits.take("vendor:two", once)
    with pytest.raises(Full):
        limits.take("vendor:one", once)


@pytest.mark.parametrize("used_before", [0, 1])
def test_a_block_holds_in_every_process_until_it_ends(store, used_before):
    one, other = Limits(store), Limits(store)
    for _ in range(used_before):
        other.take(KEY, SLOW)
    one.block(KEY, 30)
    one.block(KEY, 5)

    for limits in (one, other):
        with pytest.raises(Full) as refused:
            limits.take(KEY, SLOW)
        assert 25 < refused.value.retry_after <= 30


def test_after_a_block_calls_begin_one_by_one(store):
    limits = Limits(store)
    limits.take(KEY, SLOW)
    limits.block(KEY, 0.2)
    time.sleep(0.25)

    assert taken(limits, SLOW, 5) == 1


def test_a_slice_is_dropped_when_the_vendor_asks_for_a_pause(store):
    bucket = Bucket(size=8.0, per_second=0.001, slice_size=4, slice_seconds=60.0)
    limits = Limits(store)
    limits.take(KEY, bucket)
    limits.block(KEY, 30)

    with pytest.raises(Full):
        limits.take(KEY, bucket)


def test_calls_in_a_row_on_a_quiet_bucket_ask_the_database_once(store, statements):
    bucket = Bucket(size=8.0, per_second=0.001, slice_size=4, slice_seconds=60.0)
    limits = Limits(store)
    limits.take("vendor:other", bucket)
    statements.clear()
    with store.transaction() as session:
        rows.fill(session, KEY, 8.0)
    statements.clear()
    for _ in range(4):
        limits.take(KEY, bucket)

    assert len(statements) == 1
    assert taken(Limits(store), bucket, 10) == 4


def test_a_slice_that_was_not_used_in_time_is_lost(store):
    bucket = Bucket(size=8.0, per_second=0.001, slice_size=4, slice_seconds=0.05)
    limits = Limits(store)
    limits.take(KEY, bucket)
    time.sleep(0.1)

    assert taken(limits, bucket, 10) == 4


def test_a_call_does_not_wait_for_the_disk(store):
    asked = "SHOW synchronous_commit" if store.on_postgres else "PRAGMA synchronous"
    with store.unsynced() as quick, store.transaction() as careful:
        told = [s.connection().execute(sa.text(asked)).scalar() for s in (quick, careful)]

    assert told == (["off", "on"] if store.on_postgres else [1, 2])


def test_bulk_work_leaves_a_part_to_those_who_wait(store):
    limits = Limits(store)

    assert taken(limits, SLOW, 20, Share.BULK) == 6
    assert taken(limits, SLOW, 20) == 2


def test_whoever_waits_overtakes_bulk_work(store):
    limits, bucket = Limits(store), Bucket(size=4.0, per_second=4.0, reserve=1.0)
    stop, pages = threading.Event(), []

    def read():
        while not stop.is_set():
            try:
                limits.wait_for(KEY, bucket, Share.BULK)
                pages.append(KEY)
            except Full as full:
                stop.wait(min(full.retry_after, 0.2))

    with ThreadPoolExecutor(6) as pool:
        reading = [pool.submit(read) for _ in range(6)]
        while len(pages) < 6:
            time.sleep(0.05)
        before = len(pages)
        for _ in range(3):
            limits.wait_for(KEY, bucket)
        meanwhile = len(pages) - before
        stop.set()
        for one in reading:
            one.result()

    # By turns the six would have had eighteen.
    assert meanwhile <= 6


def test_one_account_at_its_limit_holds_few_threads(store):
    limits = Limits(store)
    slow = Bucket(size=1.0, per_second=0.45)
    limits.take(KEY, slow)

    def turned_away(_):
        before = time.monotonic()
        try:
            limits.wait_for(KEY, slow, Share.BULK)
        except Full as full:
            return time.monotonic() - before < full.retry_after
        return False

    with ThreadPoolExecutor(10) as pool:
        at_once = sum(pool.map(turned_away, range(10)))
        limits.wait_for("vendor:other", slow, Share.BULK)

    assert at_once >= 10 - MOST_WAITING[Share.BULK]
    assert limits._waiting == {}


def test_buckets_that_nobody_uses_are_forgotten(store):
    limits = Limits(store)
    limits.take(KEY, SLOW)
    limits.take("vendor:old", SLOW)
    with store.transaction() as session:
        session.get_one(rows.Bucket, "vendor:old").at -= rows.LONGEST_IDLE_SECONDS + 1
    limits.forget_idle()

    with store.transaction() as session:
        assert session.get(rows.Bucket, "vendor:old") is None
        assert session.get(rows.Bucket, KEY) is not None


LIMITS = [
    *(registry.manifest(provider).limit for provider in registry.ids()),
    *(RateLimit(n, timedelta(seconds=1), SOURCE) for n in (1, 2, 3, 5, 50, 1000)),
    *(RateLimit(n, timedelta(hours=24), SOURCE) for n in (1, 10, 10_000)),
]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.requests}/{limit.per}")
def test_no_period_sees_more_than_the_published_ceiling(limit):
    bucket = of_vendor(limit)
    per = limit.per.total_seconds()
    window = per + bucket.slice_seconds + min(per * ON_THE_WAY, LONGEST_WAY.total_seconds())

    # Fewer than this are taken in any window, so at most the ceiling.
    assert bucket.size + bucket.per_second * window <= limit.requests + 1 + 1e-9
    assert bucket.per_second * per >= limit.requests * 0.5
    assert bucket.reserve + 1 <= bucket.size
    assert bucket.slice_size <= bucket.size


@pytest.mark.parametrize(("ceiling", "at_once"), [(20, 10), (60, 30), (1, 1)])
def test_people_too_stay_under_their_ceiling(ceiling, at_once):
    bucket = of_people(RateLimit(ceiling, HOUR, SOURCE), at_once)

    assert bucket.size + bucket.per_second * HOUR.total_seconds() <= ceiling + 1 + 1e-9
