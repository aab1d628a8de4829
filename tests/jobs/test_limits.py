"""A vendor's ceiling holds for all workers together."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from dashboard.contracts.errors import RateLimited
from dashboard.contracts.manifest import RateLimit, Source
from dashboard.jobs.limits import Limits

SOURCE = Source("https://example.com/limits", date(2026, 11, 24))
HOURLY = RateLimit(20, timedelta(hours=1), SOURCE)

GREEDY = """
import sys, time
from datetime import date, timedelta
from dashboard.contracts.errors import RateLimited
from dashboard.contracts.manifest import RateLimit, Source
from dashboard.jobs.limits import Limits
from dashboard.store.base import Store
limits = Limits(Store(sys.argv[1]))
limit = RateLimit(int(sys.argv[2]), timedelta(seconds=1), Source("", date(2026, 11, 24)))
end = time.time() + 4
while time.time() < end:
    try:
        limits.take("vendor:account", limit)
        print(time.time())
    except RateLimited as full:
        time.sleep(min(full.retry_after, 0.05))
"""


def taken(limits, limit, times):
    def one(_):
        try:
            limits.take("vendor:account", limit)
        except RateLimited:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(times)))


def test_threads_together_get_what_the_bucket_holds(store):
    assert taken(Limits(store), HOURLY, 40) == 10


def test_no_second_sees_more_calls_of_all_processes_than_allowed(store):
    arguments = [sys.executable, "-c", GREEDY, store.url, "10"]
    greedy = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    calls = sorted(float(line) for one in greedy for line in one.communicate(timeout=60)[0].split())

    busiest = max(sum(1 for other in calls if start <= other < start + 0.9) for start in calls)
    assert busiest <= 10
    assert len(calls) >= 15


def test_an_empty_bucket_says_when_it_has_something_again(store):
    limits = Limits(store)
    limit = RateLimit(2, timedelta(seconds=1), SOURCE)
    limits.take("vendor:account", limit)
    with pytest.raises(RateLimited) as refused:
        limits.take("vendor:account", limit)
    time.sleep(refused.value.retry_after + 0.05)

    limits.take("vendor:account", limit)
    assert 0 < refused.value.retry_after <= 1


def test_accounts_have_buckets_of_their_own(store):
    limits = Limits(store)
    once = RateLimit(1, timedelta(hours=1), SOURCE)
    limits.take("vendor:one", once)

    limits.take("vendor:two", once)
    with pytest.raises(RateLimited):
        limits.take("vendor:one", once)


@pytest.mark.parametrize("used_before", [0, 1])
def test_a_block_holds_until_it_ends(store, used_before):
    limits = Limits(store)
    for _ in range(used_before):
        limits.take("vendor:account", HOURLY)
    limits.block("vendor:account", 30)
    limits.block("vendor:account", 5)

    with pytest.raises(RateLimited) as refused:
        limits.take("vendor:account", HOURLY)
    assert 25 < refused.value.retry_after <= 30
