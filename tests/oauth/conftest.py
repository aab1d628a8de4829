import pytest

from tests.fixtures import links


@pytest.fixture
def desk(tmp_path):
    with links.desk(tmp_path) as made:
        yield made
