"""The real desk on a fresh SQLite file, connected to Bench by one transport or address."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from dashboard import assembly, registry
from dashboard.assembly import Dashboard
from dashboard.contracts.people import Actor, Role
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store import migrate
from dashboard.store.connections import Connection

PROVIDERS = Path(__file__).parent / "provider"
OPERATOR = Actor(kind="staff", id="stf_1", name="Ольга", role=Role.OPERATOR)


@dataclass(frozen=True)
class Room:
    """The desk with one agent and one connection."""

    desk: Dashboard
    agent_id: str
    connection_id: str


@contextmanager
def furnished(jobs: Any = None, **settings: Any) -> Iterator[Room]:
    """A room that is gone when the block ends."""
    registry.discover(PROVIDERS)
    with TemporaryDirectory() as folder:
        desk = assembly.build(Settings(data_dir=Path(folder), **settings), jobs=jobs)
        migrate.upgrade(desk.store)
        desk.vault.check_key(desk.store)
        agent = desk.agents.create(OPERATOR, "Bench")
        yield Room(desk, agent.id, _connected(desk, agent.id))
        desk.inbound.close()
        desk.store.close()


def plant(desk: Dashboard, transport: httpx.BaseTransport) -> None:
    """Let Bench's network be this one; vault, limits and client stay the real ones."""
    desk.opener._reach._networks["bench"] = transport


def _connected(desk: Dashboard, agent_id: str) -> str:
    link = Connection(agent_id=agent_id, provider="bench", method="keys", state="active")
    with desk.store.transaction() as session:
        session.add(link)
        session.flush()
        key = json.dumps({"api_key": "bench-key-0001"})
        desk.vault.seal(session, owner(link.id), "credentials", key)
    return link.id
