"""A desk with Pulse connected, and time that moves only when told."""

import pytest
import time_machine

from dashboard.store.base import Store
from tests.pulse.desk import Desk, pulse_installed


@pytest.fixture
def time():
    with time_machine.travel("2026-11-24 10:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(tmp_path, time):
    del time
    with pulse_installed():
        store = Store(f"sqlite:///{tmp_path / 'desk.db'}")
        yield Desk(store)
        store.close()
