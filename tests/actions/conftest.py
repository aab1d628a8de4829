"""A desk whose agent acts on Pulse; nobody really waits."""

import pytest
import time_machine

from dashboard.actions.run import Actions
from dashboard.store.base import Store
from tests.pulse.desk import Desk, pulse_installed


class GivenMappings:
    """A mapping of one field, as staff would have saved it."""

    def to_vendor(self, connection_id, stream, values):
        assert connection_id
        assert stream
        return {f"vendor_{name}": str(value) for name, value in values.items()}


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


@pytest.fixture
def waited():
    return []


@pytest.fixture
def actions(desk, waited):
    room = Actions(
        desk.store, desk.jobs, desk.opener, desk.audit, GivenMappings(), wait=waited.append
    )
    room.register()
    return room


@pytest.fixture
def act(actions):
    """Run an action of the desk's agent on Pulse."""
    from tests.pulse.desk import OPERATOR

    def run(action, key="", **arguments):
        return actions.run(OPERATOR, "agt_1", "pulse", action, arguments, key=key)

    return run
