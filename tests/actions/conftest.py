"""A desk whose agent acts on Pulse; nobody really waits."""

import pytest

from dashboard.actions.run import Actions
from tests.pulse import fixtures

server, database, time = fixtures.server, fixtures.database, fixtures.time
desk = fixtures.desk


class GivenMappings:
    """A mapping of each field, as staff would have saved it."""

    prefix = "vendor"

    def to_vendor(self, connection_id, stream, values):
        assert connection_id
        assert stream
        return {f"{self.prefix}_{name}": str(value) for name, value in values.items()}


@pytest.fixture
def waited():
    return []


@pytest.fixture
def mappings():
    return GivenMappings()


@pytest.fixture
def actions(desk, mappings, waited):
    room = Actions(desk.store, desk.jobs, desk.opener, desk.audit, mappings, wait=waited.append)
    room.register()
    return room


@pytest.fixture
def act(actions):
    """Run an action of the desk's agent on Pulse."""
    from tests.pulse.desk import OPERATOR

    def run(action, key="", **arguments):
        return actions.run(OPERATOR, "agt_1", "pulse", action, arguments, key=key)

    return run
