"""A whole desk with an agent connected to a served Pulse, in this process or in another."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard import assembly
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.jobs import Jobs
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from tests import fresh
from tests.jobs.conftest import FAST
from tests.pulse.desk import OPERATOR, pulse_installed


@contextmanager
def assembled(folder: Path, url: str, vendor: str) -> Iterator[Dashboard]:
    """A desk whose engine looks often; nothing works before `desk.jobs.start()`."""
    hosts = {"pulse": {"api": vendor}}
    settings = Settings(data_dir=folder, database_url=url, provider_hosts=hosts)
    engines = Store(url)
    with pulse_installed():
        desk = assembly.build(settings, jobs=Jobs(engines, settings, FAST))
        yield desk
        desk.jobs.stop()
        desk.inbound.close()
        desk.store.close()
        engines.close()


def connect(desk: Dashboard) -> str:
    """Make the tables and an agent connected to Pulse; the agent's id."""
    fresh.upgrade(desk.store)
    desk.vault.check_key(desk.store)
    agent = desk.agents.create(OPERATOR, "Продавец")
    link = Connection(agent_id=agent.id, provider="pulse", method="keys", state="active")
    with desk.store.transaction() as session:
        session.add(link)
        session.flush()
        desk.vault.seal(session, owner(link.id), "credentials", json.dumps({"api_key": "fake"}))
    return agent.id


def code_of(call: Callable[[], object]) -> str:
    """The code of the refusal a call meets."""
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code
