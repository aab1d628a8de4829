"""A receiver in a box, and one that answers as a test says."""

from dataclasses import replace

import httpx
import pytest

from providers.webhook import client as webhook
from tests.contract import bench

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def account():
    return bench.open_account("webhook", "keys")


@pytest.fixture
def chosen(account):
    """The same receiver with other settings or credentials."""

    def build(credentials=None, **settings):
        opened = account.client.access
        given = {**opened.credentials, **(credentials or {})}
        access = replace(opened, credentials=given, settings=settings)
        account.client = webhook.connect(access)
        return account

    return build


@pytest.fixture
def trigger(account):
    def run(key="k1", **given):
        made = account.action("trigger_flow")
        return made.run(account.client, made.takes.model_validate(given), key=key)

    return run


@pytest.fixture
def answering(account):
    """The receiver gives this answer to whatever comes."""

    def build(status, **answer):
        account.network.instead = lambda _: httpx.Response(status, **answer)
        return account

    return build


@pytest.fixture
def secret():
    return SECRET
