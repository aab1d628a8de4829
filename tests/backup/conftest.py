import shutil

import pytest

from dashboard import assembly
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Jobs
from dashboard.settings import Settings
from dashboard.store.base import Store
from tests import fresh, postgres
from tests.doubles import HandJobs


@pytest.fixture(scope="session", autouse=True)
def _server():
    with postgres.running():
        yield


@pytest.fixture
def database(tmp_path):
    """database("sqlite" | "postgres") is the URL of a new one."""

    def made(kind, name="other"):
        return f"sqlite:///{tmp_path / name}.db" if kind == "sqlite" else postgres.fresh_database()

    return made


@pytest.fixture
def opened(tmp_path):
    """opened(url) is a desk on that database; all share one key file."""
    desks = []

    def build(url):
        settings = Settings(data_dir=tmp_path / "data", database_url=url)
        desks.append(assembly.build(settings, jobs=HandJobs()))
        return desks[-1]

    yield build
    for desk in desks:
        desk.inbound.close()
        desk.store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def full(request, database, opened):
    """A desk with everything in it, on either database."""
    return filled(opened(database(request.param, "full")))


@pytest.fixture(scope="module")
def _made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'full.db'}")
    desk = filled(assembly.build(settings, jobs=HandJobs()))
    desk.inbound.close()
    desk.store.close()
    return folder


@pytest.fixture
def small(_made, tmp_path, database, opened):
    """The same on SQLite only, made once and copied."""
    (tmp_path / "data").mkdir()
    shutil.copy(_made / "vault.key", tmp_path / "data")
    shutil.copy(_made / "full.db", tmp_path)
    return opened(database("sqlite", "full"))


@pytest.fixture
def store(database):
    """An empty database without tables."""
    made = Store(database("sqlite", "empty"))
    yield made
    made.close()


def filled(desk):
    fresh.upgrade(desk.store)
    desk.vault.check_key(desk.store)
    agent = desk.agents.create(SYSTEM, "Продавец", {"phone": "+7 900 000-00-00"})
    for provider in ("kommo", "stripe"):
        row = desk.connect.begin(SYSTEM, agent.id, provider, environment="sandbox")
        sample = desk.sandboxes.credentials(provider, row.tenant, row.method)
        desk.connect.submit_keys(SYSTEM, row.id, sample)
        desk.connect.activate(SYSTEM, row.id)
    desk.jobs.drain()
    act(desk, "first")
    jobs = Jobs(desk.store, desk.settings)
    for number in range(3):
        jobs.enqueue("sync.request", {"number": number}, key=f"k{number}", once=f"once {number}")
    return desk


def act(desk, key):
    agent = desk.agents.all(SYSTEM)[0]
    arguments = {"name": f"Контакт {key}"}
    return desk.actions.run(SYSTEM, agent.id, "kommo", "create_contact", arguments, key=key)
