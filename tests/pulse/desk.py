"""The rooms of the walks on a fresh database, with jobs driven by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import select

from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.people import Actor, Role
from dashboard.jobs.limits import Limits
from dashboard.store.agents import Agent
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.sync.engine import Sync
from tests import fresh
from tests.doubles import GivenReach, GivenTokens, HandJobs
from tests.pulse.vendor import Pulse
from tests.visitors import visiting

# The column that tells which row of a table is older.
AGES = ("seq", "received_at", "created_at", "at", "external_id", "stream")
PROVIDERS = Path(__file__).parent / "providers"
OPERATOR = Actor(kind="staff", id="stf_1", name="Ольга", role=Role.OPERATOR)
ADMIN = Actor(kind="staff", id="stf_2", name="Админ", role=Role.ADMIN)
VIEWER = Actor(kind="staff", id="stf_3", name="Гость", role=Role.VIEWER)


@dataclass
class Desk:
    """One agent, connected to Pulse."""

    store: Store
    vendor: Pulse = field(default_factory=Pulse)
    jobs: HandJobs = field(default_factory=HandJobs)
    tokens: GivenTokens = field(default_factory=GivenTokens)

    def __post_init__(self) -> None:
        if not self.store.on_postgres:  # there it is a copy of a migrated one already
            fresh.upgrade(self.store)
        self.audit = Audit()
        self.reach = GivenReach(self.vendor)
        limits = Limits(self.store)
        self.opener = Opener(self.store, self.tokens, self.reach, limits, self.audit)
        self.sync = Sync(self.store, self.jobs, self.opener, self.audit)
        self.sync.register()
        with self.store.transaction() as session:
            session.add(Agent(id="agt_1", name="Продавец"))
        self.connection_id = self.connect("pulse")

    def connect(self, provider: str, **values: Any) -> str:
        row = Connection(agent_id="agt_1", provider=provider, method="keys", state="active")
        for name, value in values.items():
            setattr(row, name, value)
        with self.store.transaction() as session:
            session.add(row)
        return row.id

    def connection(self) -> Connection:
        return self.row(Connection, self.connection_id)

    def change(self, **values: Any) -> None:
        with self.store.transaction() as session:
            row = session.get_one(Connection, self.connection_id)
            for name, value in values.items():
                setattr(row, name, value)

    def row(self, table: Any, key: Any) -> Any:
        with self.store.transaction() as session:
            return session.get_one(table, key)

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table, the oldest first."""
        age = next(name for name in AGES if hasattr(table, name))
        with self.store.transaction() as session:
            return list(session.exec(select(table).order_by(getattr(table, age))))


@contextmanager
def pulse_installed() -> Iterator[None]:
    """Pulse in the registry for as long as the block lasts."""
    with visiting(PROVIDERS):
        yield
