"""A process that works until it is killed: adds up in the database, one row for each run."""

import sys
import time
from pathlib import Path

import sqlalchemy as sa

from dashboard.jobs import Jobs
from dashboard.settings import Settings
from dashboard.store.base import Store
from tests.jobs.conftest import FAST

url, seconds = sys.argv[1], float(sys.argv[2])
store = Store(url)


def work(job):
    note("begun", job.args["n"])
    time.sleep(seconds)
    note("done", job.args["n"])


def note(what, number):
    with store.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO note VALUES (:w, :n)"), {"w": what, "n": number})


jobs = Jobs(store, Settings(data_dir=Path()), FAST)
jobs.register("work", work)
jobs.start("worker")
time.sleep(120)
