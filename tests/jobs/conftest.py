import threading
import time

import pytest

from dashboard.jobs import Jobs, Pace
from dashboard.settings import Settings
from dashboard.store.base import Store
from tests import fresh, postgres

# An idle process at twice this pace would keep a third of a core busy with asking.
FAST = Pace(interactive=0.1, normal=0.15, bulk=0.2, beat=0.3, dead=4.0, grace=3.0)


class Diary:
    """What handlers did, in order; waits until there is enough of it."""

    def __init__(self):
        self.lines = []
        self._more = threading.Condition()

    def write(self, line):
        with self._more:
            self.lines.append(line)
            self._more.notify_all()

    def wait(self, count, seconds=15):
        with self._more:
            self._more.wait_for(lambda: len(self.lines) >= count, seconds)
            return list(self.lines)


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    return sqlite if request.param == "sqlite" else postgres.migrated_database()


@pytest.fixture
def store(url):
    made = Store(url)
    if not made.on_postgres:
        fresh.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def jobs(store, tmp_path):
    made = Jobs(store, Settings(data_dir=tmp_path), FAST)
    yield made
    made.stop()


@pytest.fixture
def until():
    """Wait for what another thread or process does."""

    def wait(true, seconds=20):
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            time.sleep(0.02)
        return true()

    return wait
