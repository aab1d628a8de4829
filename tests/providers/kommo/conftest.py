"""Kommo connected to a fresh sandbox, and the same sandbox over real HTTP."""

from types import SimpleNamespace

import pytest

from dashboard.kit.sandbox import MemoryShelf
from providers.kommo.sandbox import sandbox
from tests.contract import bench
from tests.serving import serving


@pytest.fixture
def account():
    return bench.open_account("kommo", "token")


@pytest.fixture
def by_oauth():
    return bench.open_account("kommo", "oauth")


@pytest.fixture
def served():
    """The sandbox over HTTP: its API's address, its webhooks, and credentials that work."""
    shelf = MemoryShelf(sandbox)
    with serving(kommo=shelf) as server:
        yield SimpleNamespace(
            url=f"{server.url}/kommo/api",
            emitted=server.emitted,
            credentials=shelf.change(
                "t", lambda state: {**sandbox.credentials(state, "oauth"), "token": state["token"]}
            ),
        )
