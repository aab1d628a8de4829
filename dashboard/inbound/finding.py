"""What an event brings: the records in it, and those it only names, read again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard import registry
from dashboard.connections.open import Opener
from dashboard.connections.reach import effective
from dashboard.contracts.manifest import Manifest
from dashboard.contracts.records import Record
from dashboard.kit.http import Client
from dashboard.store.connections import Connection
from dashboard.store.packing import Row, row, row_of

Fetch = Callable[[Client, str, str], Record | None]


@dataclass
class Found:
    """Rows and deletions by stream, and streams that must be read as a whole."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    deleted: dict[str, list[str]] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)

    def streams(self) -> list[str]:
        """Streams with something to save, in the order they were met."""
        return list(dict.fromkeys([*self.rows, *self.deleted]))


class Finder:
    """Reads what events are about."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def find(self, connection: Connection, work: dict[str, Any]) -> Found:
        """Everything an event brings; the vendor is asked only for what is not in it.

        Raises:
            ProviderError: A record could not be read again.
        """
        manifest, found = registry.manifest(connection.provider), Found()
        chosen = effective(manifest, connection)
        for stream, packed in work.get("records", ()):
            if _is_on(manifest, chosen, stream):
                found.rows.setdefault(stream, []).append(row_of(packed))
        asked = [
            (stream, external_id)
            for stream, external_id, deleted in work.get("refetch", ())
            if _is_on(manifest, chosen, stream)
            and not _sorted_out(found, stream, external_id, deleted=deleted)
        ]
        if asked:
            self._fetch(connection, asked, found)
        return found

    def _fetch(self, connection: Connection, asked: list[tuple[str, str]], found: Found) -> None:
        fetch: Fetch = registry.part(connection.provider, "streams").fetch
        records: list[Record | None] = self._opener.with_client(
            connection.id, lambda client: [fetch(client, *place) for place in asked]
        )
        for (stream, external_id), record in zip(asked, records, strict=True):
            if record is None:
                found.deleted.setdefault(stream, []).append(external_id)
            else:
                found.rows.setdefault(stream, []).append(row(record))


def asks_vendor(work: Mapping[str, Any]) -> bool:
    """Whether an event only names records that are to be read again."""
    return any(external_id and not gone for _, external_id, gone in work.get("refetch", ()))


def _is_on(manifest: Manifest, chosen: Mapping[str, Any], stream: str) -> bool:
    """Whether staff want this stream's records."""
    said = manifest.stream(stream)
    return said is not None and bool(chosen.get(said.enabled_by, True))


def _sorted_out(found: Found, stream: str, external_id: str, *, deleted: bool) -> bool:
    """Note what needs no call now; False for a record that must be read."""
    if deleted:
        found.deleted.setdefault(stream, []).append(external_id)
    elif not external_id:
        found.whole.append(stream)
    return deleted or not external_id
