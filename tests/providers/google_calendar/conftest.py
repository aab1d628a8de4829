"""An account in a fresh sandbox: in process for quirks, over real HTTP for the witness."""

from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest

from dashboard.kit.access import Access
from providers.google_calendar import client as google
from tests.contract import bench
from tests.serving import serving


@pytest.fixture
def account():
    return bench.open_account("google_calendar", "oauth")


@pytest.fixture
def chosen(account):
    """The same account with other settings."""

    def build(**settings):
        opened = account.client.access
        account.client = google.connect(replace(opened, settings={**opened.settings, **settings}))
        return account

    return build


@pytest.fixture
def act(account):
    """Run an action on the account's present client."""

    def run(name, key="k1", **given):
        made = account.action(name)
        return made.run(account.client, made.takes.model_validate(given), key=key)

    return run


@pytest.fixture
def answering():
    """A client whose every call gets this answer."""

    def build(status, **answer):
        return google.connect(
            Access(
                credentials={"access_token": "ya29.a-very-secret-token", "refresh_token": "1//r"},
                settings={"primary_calendar": "anna@example.com", "time_zone": "Europe/Moscow"},
                hosts={"api": "https://google.test", "token": "https://token.test"},
                transport=httpx.MockTransport(lambda _: httpx.Response(status, **answer)),
            )
        )

    return build


@pytest.fixture
def served(account):
    """Where the sandbox answers over HTTP: `{served.origin}/<host><path>`."""
    with serving(google_calendar=account.shelf) as server:
        server.emitted = account.emitted
        yield SimpleNamespace(origin=f"{server.url}/google_calendar", account=account)
