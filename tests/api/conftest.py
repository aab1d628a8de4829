import pytest

from tests.app import desks
from tests.doubles import HandJobs


@pytest.fixture
def jobs():
    return HandJobs()


@pytest.fixture
def desk(tmp_path, jobs):
    with desks.assembled(tmp_path, jobs) as made:
        yield made


@pytest.fixture
def api(desk):
    return desks.program(desk)


@pytest.fixture
def agent(desk):
    return desks.demo(desk)
