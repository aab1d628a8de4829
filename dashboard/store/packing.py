"""Records as rows: packed to JSON, with a digest that tells changed from unchanged."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

from pydantic_core import to_json

from dashboard.contracts.records import Record

LONGEST_SEARCH = 2000
LONGEST_TITLE = 500
# Links, codes and references are not what a person types into a search box.
_NOT_SEARCHED = frozenset(
    {"url", "website", "pay_url", "meeting_link", "time_zone", "currency", "vendor_fields"}
)


_encoded = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")
).encode
# Vendor values that every way of writing JSON writes alike.
_SIMPLE = frozenset({str, int, bool, type(None)})


class Row(NamedTuple):
    """A record ready to be saved; `text` is the packed record as JSON, with sorted names."""

    external_id: str
    title: str
    search: str
    digest: str
    updated_at: datetime
    text: str

    @property
    def fields(self) -> dict[str, Any]:
        """The packed record, read from `text`."""
        fields: dict[str, Any] = json.loads(self.text)
        return fields


def pack(record: Record) -> dict[str, Any]:
    """The record as JSON: decimals as text, moments in ISO 8601, tuples as lists."""
    kind: Any = type(record)
    packed = dict(zip(_names(kind), _values(kind)(record), strict=True))
    for name in _odd_names(kind):
        write = _WRITERS.get(type(packed[name]))
        if write:
            packed[name] = write(packed[name])
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
    kind: Any = type(record)
    return _row(pack(record), _searched(_names(kind)))


def row_of(packed: dict[str, Any]) -> Row:
    """A packed record as a row."""
    return _row(packed, _searched(tuple(packed)))


def _row(packed: dict[str, Any], searched: tuple[str, ...]) -> Row:
    try:
        written = _written_simply(packed)
    except (TypeError, ValueError):
        written = _written_carefully(packed)
        packed = json.loads(written)
    return Row(
        packed["external_id"],
        packed["title"][:LONGEST_TITLE].replace("\0", ""),
        _search_text(map(packed.__getitem__, searched)),
        blake2b(written, digest_size=16).hexdigest(),
        datetime.fromisoformat(packed["updated_at"]),
        written.decode(),
    )


def _written_simply(packed: dict[str, Any]) -> bytes:
    """The usual record as JSON, six times as fast as `json` is.

    Raises:
        TypeError, ValueError: It is not a usual one.
    """
    vendor = packed["vendor_fields"]
    if not _SIMPLE.issuperset(map(type, vendor.values())):
        raise TypeError("a vendor value with an inside, or one that JSON does not know")
    packed["vendor_fields"] = dict(sorted(vendor.items()))
    return to_json(packed)


def _written_carefully(packed: dict[str, Any]) -> bytes:
    """Any record as JSON; halves of characters, which no database takes, become "?"."""
    try:
        text = _encoded(packed)
    except (TypeError, ValueError):
        # A vendor's own field held something that is no JSON, such as a date or NaN.
        loose = json.dumps(packed, default=_plain, skipkeys=True)
        text = _encoded(json.loads(loose, parse_constant=_nothing))
    return text.encode(errors="replace")


def _search_text(values: Iterable[Any]) -> str:
    words: list[str] = []
    for value in values:
        if value:
            if type(value) is str:
                words.append(value)
            elif type(value) is list:
                words.extend(map(str, value))
    return " ".join(words)[:LONGEST_SEARCH].replace("\0", "").lower()


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
    return tuple(sorted(f.name for f in fields(kind)))


@cache
def _odd_names(kind: Any) -> tuple[str, ...]:
    """Members whose values may need writing: all but texts, numbers and vendor fields."""
    hints = get_type_hints(kind)
    plain = (str, int, bool, dict[str, Any])
    return tuple(name for name in _names(kind) if hints[name] not in plain)


@cache
def _values(kind: Any) -> Any:
    return attrgetter(*_names(kind))


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


def _nothing(_constant: str) -> None:
    """What NaN and infinity, which JSON does not know, become."""


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
