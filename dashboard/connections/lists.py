"""Live lists of the vendor: things to choose from, and fields to map to."""

from collections.abc import Callable
from typing import TypeVar

from dashboard import registry
from dashboard.connections.open import Opener
from dashboard.contracts.accounts import Choice, VendorField
from dashboard.contracts.errors import ProviderError, Refusal
from dashboard.contracts.manifest import Manifest
from dashboard.kit.http import Client
from dashboard.store import connections
from dashboard.store.base import Store

T = TypeVar("T")


class Lists:
    """Read now, whole, never kept: a list of yesterday belongs to yesterday's account."""

    def __init__(self, store: Store, opener: Opener) -> None:
        self._store, self._opener = store, opener

    def choices(self, connection_id: str, name: str) -> list[Choice]:
        """The entries of a list such as pipelines or calendars.

        Raises:
            Refusal: `connections.no_list` (404), or as `Opener.open`.
            ProviderError: The vendor does not give it.
        """
        manifest = self._manifest(connection_id)
        module = registry.part(manifest.id, "client")
        named = {f.choices_from for f in manifest.settings_fields()}
        if not name or name not in named:
            raise Refusal("connections.no_list", 404, values={"name": name})
        return list(self._read(connection_id, lambda client: module.choices(client, name)))

    def fields(self, connection_id: str, stream: str) -> list[VendorField]:
        """All fields of a vendor's record, custom ones included.

        Raises:
            Refusal: `connections.no_list` (404), or as `Opener.open`.
            ProviderError: The vendor does not give them.
        """
        manifest = self._manifest(connection_id)
        if manifest.stream(stream) is None or not registry.has_part(manifest.id, "fields"):
            raise Refusal("connections.no_list", 404, values={"name": stream})
        module = registry.part(manifest.id, "fields")
        return list(self._read(connection_id, lambda client: module.fields(client, stream)))

    def _read(self, connection_id: str, work: Callable[[Client], T]) -> T:
        try:
            found = self._opener.with_client(connection_id, work)
        except ProviderError as error:
            self._opener.apply(connection_id, error)
            raise
        self._opener.healthy(connection_id)
        return found

    def _manifest(self, connection_id: str) -> Manifest:
        with self._store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        return registry.manifest(row.provider)
