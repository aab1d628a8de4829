"""A process that calls a vendor as fast as the limit lets it.

Arguments: database, vendor's address, requests, seconds of the period, threads. Says `ready`, waits
for a line, calls for as long as three periods.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import httpx

from dashboard.contracts.manifest import RateLimit, Source
from dashboard.jobs.limits import Full, Limits, Share, of_vendor
from dashboard.store.base import Store

url, vendor, requests, seconds, threads = sys.argv[1:]
limits = Limits(Store(url))
limit = RateLimit(int(requests), timedelta(seconds=float(seconds)), Source("", date(2026, 11, 24)))


def call(number):
    share = Share.BULK if number % 2 else Share.INTERACTIVE
    end = time.monotonic() + 3 * float(seconds)
    with httpx.Client(trust_env=False, timeout=30) as client:
        while time.monotonic() < end:
            try:
                limits.wait_for("vendor:account", of_vendor(limit), share)
            except Full as full:
                time.sleep(min(full.retry_after, 0.2))
                continue
            client.get(vendor)


sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
with ThreadPoolExecutor(int(threads)) as pool:
    list(pool.map(call, range(int(threads))))
