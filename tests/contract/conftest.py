"""Which providers and which of their parts the suite runs over."""

import pytest

from dashboard import registry
from tests.contract import bench


@pytest.fixture
def account(provider, request):
    """The provider connected to a fresh sandbox by its first auth method, or by `method`."""
    named = request.node.callspec.params.get("method")
    return bench.open_account(provider, named or registry.manifest(provider).auth[0].id)
