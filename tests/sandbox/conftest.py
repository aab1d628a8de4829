import pytest
from sqlmodel import select

from dashboard.audit.log import Audit
from dashboard.sandbox.play import Sandboxes
from dashboard.sandbox.shelf import create
from dashboard.settings import Settings
from dashboard.store.agents import Agent
from dashboard.store.audit import AuditEntry
from dashboard.store.connections import Connection
from tests.doubles import HandJobs
from tests.visitors import visiting

PUBLIC = "https://desk.test"
VENDOR = """
import httpx
from dashboard.contracts.forms import Field
from dashboard.kit.sandbox import Emitted, Sandbox, emit

sandbox = Sandbox(lambda: {"count": 0, "hook": ""})
sandbox.sample_credentials(lambda state, method: {"method": method, "count": str(state["count"])})


@sandbox.route("POST", "/count")
def count(call, state):
    state["count"] += 1
    tell(state)
    return httpx.Response(200, json={"count": state["count"], "base": call.base})


@sandbox.route("GET", "/count")
def read(call, state):
    return httpx.Response(200, json={"count": state["count"]})


@sandbox.route("PUT", "/hook")
def hook(call, state):
    state["hook"] = call.json["url"]
    return httpx.Response(204)


@sandbox.gesture("add", Field(name="much"), choices=lambda state: {"much": {"2": "Two"}})
def add(state, values, base):
    state["count"] += int(values["much"])
    tell(state)


def tell(state):
    if state["hook"]:
        emit(state, Emitted(url=state["hook"], body=b"{}", headers={"x-count": "1"}))
"""
MANIFEST = """
from datetime import date, timedelta
from dashboard.contracts.manifest import Category, Keys, Manifest, RateLimit, Source
SOURCE = Source("https://example.com", date(2026, 11, 24))
MANIFEST = Manifest(
    id="{name}", name="Counter", category=Category.AUTOMATION, hosts={{"api": "https://c.test"}},
    auth=(Keys(fields=(), source=SOURCE),), steps=(),
    limit=RateLimit(1, timedelta(seconds=1), SOURCE),
)
"""


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    """A provider that counts, found for the length of this room's tests."""
    root = tmp_path_factory.mktemp("counting")
    name = "counting_vendor"
    (root / name).mkdir()
    (root / name / "__init__.py").write_text("")
    (root / name / "manifest.py").write_text(MANIFEST.format(name=name))
    (root / name / "sandbox.py").write_text(VENDOR)
    with visiting(root):
        yield name


class Mortal(HandJobs):
    """Ends the process, so to say, when a job of the kind `dies_at` is to be kept."""

    dies_at = ""

    def enqueue(self, kind, args, **options):
        if kind == self.dies_at:
            raise SystemError
        super().enqueue(kind, args, **options)


@pytest.fixture
def jobs():
    return Mortal()


@pytest.fixture
def door():
    """The desk's door: takes what is posted, answers what a test wants."""

    class Door:
        answers: list = []
        posted: list = []

        def __call__(self, delivery):
            self.posted.append(delivery)
            return self.answers.pop(0) if self.answers else 200

    door = Door()
    door.answers, door.posted = [], []
    return door


@pytest.fixture
def sandboxes(store, jobs, door, tmp_path):
    return Sandboxes(store, jobs, Settings(data_dir=tmp_path, public_url=PUBLIC), Audit(), door)


@pytest.fixture
def tenant(store, vendor):
    with store.transaction() as session:
        return create(session, vendor)


@pytest.fixture
def linked(store, vendor, tenant):
    """A connection to that world; linked(tenant="") makes a live one of another agent."""

    def made(tenant=tenant):
        with store.transaction() as session:
            agent = Agent(name="Мария")
            session.add(agent)
            session.flush()
            row = Connection(
                agent_id=agent.id,
                provider=vendor,
                method="keys",
                environment="sandbox" if tenant else "live",
                tenant=tenant,
                state="active",
            )
            session.add(row)
        return row

    return made


@pytest.fixture
def row(linked):
    return linked()


@pytest.fixture
def journal(store):
    """What the journal says: (action, agent, connection, detail)."""

    def entries():
        with store.transaction() as session:
            rows = session.exec(select(AuditEntry)).all()
        return [(r.action, r.agent_id, r.connection_id, r.detail) for r in rows]

    return entries
