"""How a connection's vendor is reached: hosts, network or sandbox, and the account's bucket."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from dashboard import registry
from dashboard.connections.measured import Measured
from dashboard.contracts.manifest import Manifest
from dashboard.jobs.limits import Bucket, Limits, Share, of_vendor
from dashboard.kit import access
from dashboard.kit.access import Access
from dashboard.kit.egress import GuardedTransport
from dashboard.kit.http import retry_after
from dashboard.sandbox.play import Sandboxes
from dashboard.settings import Settings
from dashboard.store.connections import Connection

# A sandbox has no limit to keep, only the pauses it asks for.
SANDBOX = Bucket(size=1000.0, per_second=1000.0)


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

    def access(
        self,
        connection: Connection,
        credentials: Mapping[str, str],
        share: Share = Share.INTERACTIVE,
    ) -> Access:
        """The keys to the connection's account.

        Args:
            credentials: The secrets, and open fields that shall win over the saved ones.
            share: Of the account's bucket.
        """
        given = {**connection.open_fields, **credentials}
        hosts = self.hosts(connection, given)
        manifest = registry.manifest(connection.provider)
        name = bucket(connection)
        live = connection.environment != "sandbox"
        shape = of_vendor(manifest.limit) if live else SANDBOX
        return Access(
            credentials=given,
            settings=effective(manifest, connection),
            hosts=hosts,
            account_id=connection.account_id,
            transport=_Heard(
                Measured(self._transport(connection, hosts), connection.provider),
                partial(self._limits.block, name),
            ),
            before_call=partial(self._limits.wait_for, name, shape, share),
        )

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


class _Heard(httpx.BaseTransport):
    """Tells all processes at once when the vendor asks for a pause, whoever has called."""

    def __init__(self, inner: httpx.BaseTransport, block: Callable[[float], None]) -> None:
        self._inner, self._block = inner, block

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        overloaded = response.status_code == 503 and "retry-after" in response.headers
        if response.status_code == 429 or overloaded:
            self._block(retry_after(response))
        return response


def bucket(connection: Connection) -> str:
    """The name of the token bucket that all callers of this account share."""
    account = connection.tenant or connection.account_id or connection.id
    return f"{connection.provider}:{account}"


def effective(manifest: Manifest, connection: Connection) -> dict[str, Any]:
    """The settings in force: what was saved, and the defaults of what was not."""
    fields = manifest.settings_fields()
    return {f.name: f.default for f in fields if f.default is not None} | connection.settings
