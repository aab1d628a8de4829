"""Which streams a connection reads, and where their pages come from."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dashboard import registry
from dashboard.connections.schedule import enabled_streams
from dashboard.contracts.manifest import Manifest, Stream
from dashboard.kit import reading
from dashboard.kit.http import Client


def wanted(
    manifest: Manifest, settings: Mapping[str, Any], only: Collection[str] = ()
) -> list[Stream]:
    """Streams that are polled and switched on, in the manifest's order; `only` narrows them."""
    on = enabled_streams(manifest, settings)
    return [s for s in manifest.streams if s.name in on and (not only or s.name in only)]


def source(
    client: Client, provider: str, stream: Stream, cursor: Mapping[str, Any]
) -> Iterator[reading.Page]:
    """Pages of a stream from `cursor`; the vendor is called when the iterator is advanced."""
    read = getattr(registry.part(provider, "streams"), stream.name)
    if stream.path:
        return reading.pages(client, stream, cursor, read)
    pages: Iterator[reading.Page] = read(client, cursor)
    return pages
