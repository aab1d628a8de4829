"""How a connection's vendor is reached: hosts, network or sandbox, and the account's bucket."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx

from dashboard import registry
from dashboard.contracts.errors import RateLimited
from dashboard.contracts.manifest import Manifest, RateLimit
from dashboard.jobs.limits import Limits
from dashboard.kit import access
from dashboard.kit.access import Access
from dashboard.kit.egress import GuardedTransport
from dashboard.sandbox.play import Sandboxes
from dashboard.settings import Settings
from dashboard.store.connections import Connection

# Longer than the turn of a few neighbours, shorter than any vendor's own block.
PATIENCE_SECONDS = 3.0


class Reach:
    """Builds `Access`; one guarded network per provider serves the whole process."""

    def __init__(self, settings: Settings, sandboxes: Sandboxes, limits: Limits) -> None:
        self._settings, self._sandboxes, self._limits = settings, sandboxes, limits
        self._networks: dict[str, _Kept] = {}

    def hosts(self, connection: Connection, open_fields: Mapping[str, str]) -> dict[str, str]:
        """Origins by name: the vendor's for these fields, or the sandbox's."""
        manifest = registry.manifest(connection.provider)
        if connection.environment == "sandbox":
            world = f"{self._settings.public_url}/sandbox/{connection.provider}"
            return {name: f"{world}/{connection.tenant}/{name}" for name in manifest.hosts}
        overrides = self._settings.provider_hosts.get(connection.provider, {})
        return access.hosts(manifest, open_fields, overrides)

    def access(self, connection: Connection, credentials: Mapping[str, str]) -> Access:
        """The keys to the connection's account.

        Args:
            credentials: The secrets, and open fields that shall win over the saved ones.
        """
        given = {**connection.open_fields, **credentials}
        hosts = self.hosts(connection, given)
        manifest = registry.manifest(connection.provider)
        return Access(
            credentials=given,
            settings=effective(manifest, connection),
            hosts=hosts,
            account_id=connection.account_id,
            transport=self._transport(connection, hosts),
            before_call=partial(self._take, bucket(connection), manifest.limit),
        )

    def _take(self, name: str, limit: RateLimit) -> None:
        """Wait for a call of our own bucket when its turn comes soon; a long block is raised."""
        patience = PATIENCE_SECONDS
        while True:
            try:
                return self._limits.take(name, limit)
            except RateLimited as early:
                patience -= early.retry_after
                if patience < 0:
                    raise
                time.sleep(early.retry_after)

    def _transport(self, connection: Connection, hosts: Mapping[str, str]) -> httpx.BaseTransport:
        if connection.environment == "sandbox":
            return self._sandboxes.transport(connection.provider, connection.tenant, hosts)
        known = self._networks.get(connection.provider)
        return known or self._networks.setdefault(
            connection.provider, self._network(connection.provider)
        )

    def _network(self, provider: str) -> "_Kept":
        trusted = tuple(self._settings.provider_hosts.get(provider, {}).values())
        return _Kept(GuardedTransport(self._settings.egress_allow, trusted))


class _Kept(httpx.BaseTransport):
    """A transport that outlives the clients using it, so that sockets are reused."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)


def bucket(connection: Connection) -> str:
    """The name of the token bucket that all callers of this account share."""
    account = connection.tenant or connection.account_id or connection.id
    return f"{connection.provider}:{account}"


def effective(manifest: Manifest, connection: Connection) -> dict[str, Any]:
    """The settings in force: what was saved, and the defaults of what was not."""
    fields = manifest.settings_fields()
    return {f.name: f.default for f in fields if f.default is not None} | connection.settings
