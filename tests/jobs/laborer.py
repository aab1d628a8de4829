"""Processes that work until they are killed or told to leave: each writes down what it does."""

import os
import signal
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from dashboard.jobs import Again, Jobs
from dashboard.jobs.engine import Engine
from dashboard.settings import Settings
from dashboard.store import executors
from dashboard.store.base import Store
from tests.jobs.conftest import FAST


def labor(url, seconds, name="", pace=FAST):
    """Do jobs of the kind `work`, each so many seconds long."""
    store = Store(url)
    jobs = Jobs(store, Settings(data_dir=Path()), pace)

    def work(job):
        note(store, "begun", job.args["n"], name)
        time.sleep(seconds)
        note(store, "done", job.args["n"], name)

    jobs.register("work", work)
    _serve(jobs)


def start_slowly(url):
    """Begin to work only after others would have missed a heartbeat."""
    launch = Engine._launch

    def launch_late(engine, role):
        time.sleep(FAST.dead * 1.5)
        launch(engine, role)
        note(Store(url), "launched", 0, "")

    Engine._launch = launch_late
    labor(url, 0, "slow")


def die_while_taking_over(url):
    """Find a dead process, and be killed between relieving and forgetting it."""
    relieved = executors.leave

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    executors.leave = die
    labor(url, 0, "died")
    executors.leave = relieved


def die_before_taking_over(url):
    """Find a dead process, and be killed before relieving it."""
    from dbos import DBOS

    DBOS._recover_pending_workflows = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    labor(url, 0, "died")


def ask_again(url):
    """A kind whose jobs wish to be run again, and are killed as soon as they have said so."""
    store = Store(url)
    jobs = Jobs(store, Settings(data_dir=Path()), FAST)

    def work(job):
        note(store, "begun", job.attempt, "")
        if job.attempt == 1:
            raise Again(_second())

    jobs.register("work", work)
    put = jobs._engine.put

    def put_and_die(order):
        put(order)
        os.kill(os.getpid(), signal.SIGKILL)

    jobs._engine.put = put_and_die
    _serve(jobs)


def note(store, what, number, name):
    with store.engine.begin() as connection:
        values = {"w": what, "n": number, "b": name, "t": time.time()}
        connection.execute(sa.text("INSERT INTO note VALUES (:w, :n, :b, :t)"), values)


def _second():
    from datetime import timedelta

    return timedelta(seconds=0.2)


def _serve(jobs):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    jobs.start("worker")
    stop.wait()
    if not jobs.stop():
        jobs.abandon()
