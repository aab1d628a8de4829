import pytest

from dashboard.mapping.mappings import Mappings
from tests.fixtures import links


@pytest.fixture
def desk(tmp_path):
    with links.desk(tmp_path) as made:
        made.mappings = Mappings(made.store, made.audit, made.lists.fields)
        yield made


@pytest.fixture
def row(desk):
    return desk.active()
