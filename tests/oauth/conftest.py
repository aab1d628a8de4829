from datetime import UTC, datetime

import pytest

from tests.fixtures import links


@pytest.fixture
def desk(tmp_path):
    with links.desk(tmp_path) as made:
        yield made


@pytest.fixture
def pass_time(time_machine):
    """Let so much time pass; the clock goes on ticking."""
    return lambda span: time_machine.move_to(datetime.now(UTC) + span)
