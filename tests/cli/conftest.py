import pytest

from tests.app import desks


@pytest.fixture
def desk(tmp_path):
    with desks.assembled(tmp_path) as made:
        yield made
