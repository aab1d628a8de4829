"""Synced records, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.store import reads_records
from dashboard.store.base import Store
from dashboard.store.sync import Record

SEARCHED = reads_records.SEARCHED


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """One record; `fields` is its dataclass as JSON."""

    connection_id: str
    stream: str
    external_id: str
    title: str
    fields: Mapping[str, Any]
    updated_at: datetime
    saved_at: datetime

    @property
    def url(self) -> str:
        """The vendor's page of it, empty when there is none or it is no web address."""
        url = str(self.fields.get("url") or "")
        return url if url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """A page of records, and how many there are in all.

    Args:
        more: There are more than `total`; only so many can be paged through.
        partly: Only the newest, as many as were asked for, were searched; there are older ones.
    """

    rows: tuple[RecordRow, ...]
    total: int
    more: bool = False
    partly: bool = False


class Records:
    """Questions about synced records."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(
        self,
        connection_id: str,
        stream: str,
        *,
        search: str = "",
        depth: int = SEARCHED,
        page: int = 1,
        size: int = 25,
    ) -> RecordPage:
        """Records newest first; pages count from 1, and `depth` of the newest are searched."""
        looked = reads_records.Search(words=search.lower().split(), depth=depth)
        part = slice((page - 1) * size, page * size)
        with self._store.transaction() as session:
            found = reads_records.page(session, (connection_id, stream), looked, part)
        return RecordPage(
            rows=tuple(_row(row) for row in found.rows),
            total=found.total,
            more=found.more,
            partly=found.partly,
        )

    def one(self, connection_id: str, stream: str, external_id: str) -> RecordRow | None:
        """One record."""
        with self._store.transaction() as session:
            row = reads_records.record(session, connection_id, stream, external_id)
        return _row(row) if row else None


def _row(row: Record) -> RecordRow:
    return RecordRow(**{name: getattr(row, name) for name in RecordRow.__dataclass_fields__})
