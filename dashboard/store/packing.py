"""Records as rows: packed to JSON, with a digest that tells changed from unchanged."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, get_type_hints

from dashboard.contracts.records import Record

LONGEST_SEARCH = 2000
LONGEST_TITLE = 500
# Links, codes and references are not what a person types into a search box.
_NOT_SEARCHED = frozenset(
    {"url", "website", "pay_url", "meeting_link", "time_zone", "currency", "vendor_fields"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """A record ready to be saved."""

    external_id: str
    title: str
    search: str
    digest: str
    updated_at: datetime
    fields: dict[str, Any]


def pack(record: Record) -> dict[str, Any]:
    """The record as JSON: decimals as text, moments in ISO 8601, tuples as lists."""
    packed: dict[str, Any] = {}
    kind: Any = type(record)
    for name in _names(kind):
        value = getattr(record, name)
        write = _WRITERS.get(type(value))
        packed[name] = write(value) if write else value
    return packed


def unpack(kind: type[Record], packed: Mapping[str, Any]) -> Record:
    """The record behind `pack()`; members that `kind` does not know are left out."""
    known: Any = kind
    readers = _readers(known)
    values: dict[str, Any] = {
        name: None if packed[name] is None else read(packed[name])
        for name, read in readers.items()
        if name in packed
    }
    return kind(**values)


def row(record: Record) -> Row:
    """A record as a row."""
    return row_of(pack(record))


def row_of(packed: dict[str, Any]) -> Row:
    """A packed record as a row."""
    try:
        text = json.dumps(packed, sort_keys=True, ensure_ascii=False)
    except TypeError:
        # A vendor's own field held something that is no JSON, such as a date.
        text = json.dumps(packed, sort_keys=True, ensure_ascii=False, default=_plain, skipkeys=True)
        packed = json.loads(text)
    return Row(
        external_id=packed["external_id"],
        title=packed["title"][:LONGEST_TITLE],
        search=_search_text(packed),
        digest=hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
        updated_at=datetime.fromisoformat(packed["updated_at"]),
        fields=packed,
    )


def _search_text(packed: Mapping[str, Any]) -> str:
    words: list[str] = []
    for name in _searched(tuple(packed)):
        value = packed[name]
        if isinstance(value, str):
            words.append(value)
        elif isinstance(value, list):
            words.extend(v for v in value if isinstance(v, str))
    return " ".join(filter(None, words))[:LONGEST_SEARCH].lower()


@cache
def _searched(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name
        for name in names
        if name == "external_id"
        or (name not in _NOT_SEARCHED and not name.endswith(("_at", "_id", "_ids")))
    )


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


@cache
def _readers(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: _reader(hints[name]) for name in _names(kind)}


def _reader(hint: Any) -> Any:
    text = str(hint)
    if "datetime" in text:
        return datetime.fromisoformat
    if "Decimal" in text:
        return Decimal
    return tuple if text.startswith("tuple") else _same


def _same(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    write = _WRITERS.get(type(value))
    return write(value) if write else str(value)


def _written(amount: Decimal) -> str:
    return format(amount, "f")


_WRITERS: dict[type, Any] = {
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    Decimal: _written,
    tuple: list,
    set: sorted,
    frozenset: sorted,
}
