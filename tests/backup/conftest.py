import shutil

import pytest
import sqlalchemy as sa

from dashboard import assembly
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Jobs
from dashboard.settings import Settings
from dashboard.store.base import Store
from tests import fresh, postgres
from tests.doubles import HandJobs


@pytest.fixture
def database(tmp_path):
    """database("sqlite" | "postgres") is the URL of a new one, empty or with all tables."""

    def made(kind, name="other", *, tables=True):
        if kind == "postgres":
            return postgres.migrated_database() if tables else postgres.fresh_database()
        store = Store(f"sqlite:///{tmp_path / name}.db")
        if tables:
            fresh.upgrade(store)
        store.close()
        return store.url

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


@pytest.fixture(scope="module")
def _on_sqlite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    _furnish(folder, f"sqlite:///{folder / 'full.db'}")
    return folder


@pytest.fixture(scope="module")
def _on_postgres(tmp_path_factory):
    folder, url = tmp_path_factory.mktemp("full"), postgres.migrated_database()
    _furnish(folder, url)
    return folder, sa.make_url(url).database


@pytest.fixture
def small(_on_sqlite, tmp_path, opened):
    """A desk with everything in it on SQLite, made once and copied."""
    shutil.copytree(_on_sqlite, tmp_path / "data")
    return opened(f"sqlite:///{tmp_path / 'data' / 'full.db'}")


@pytest.fixture(params=["sqlite", "postgres"])
def full(request, tmp_path, opened):
    """The same on either database."""
    if request.param == "sqlite":
        return request.getfixturevalue("small")
    folder, template = request.getfixturevalue("_on_postgres")
    shutil.copytree(folder, tmp_path / "data")
    return opened(postgres.fresh_database(template))


@pytest.fixture
def store(database):
    """An empty database without tables."""
    made = Store(database("sqlite", "empty", tables=False))
    yield made
    made.close()


def _furnish(folder, url):
    desk = assembly.build(Settings(data_dir=folder, database_url=url), jobs=HandJobs())
    fresh.upgrade(desk.store)
    desk.vault.check_key(desk.store)
    _fill(desk)
    desk.inbound.close()
    desk.store.close()


def _fill(desk):
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


def act(desk, key):
    agent = desk.agents.all(SYSTEM)[0]
    arguments = {"name": f"Контакт {key}"}
    return desk.actions.run(SYSTEM, agent.id, "kommo", "create_contact", arguments, key=key)
