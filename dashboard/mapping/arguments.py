"""What a transform was told: text as typed into the table, or named parts from the API.

| transform | text | parts |
|---|---|---|
| phone_e164 | `RU` | `{"region": "RU"}` |
| date | `date Europe/Moscow`, `iso`, `unix` | `{"format": "date", "time_zone": "Europe/Moscow"}` |
| number | `2` | `{"decimals": 2}` |
| enum | `hot=1; cold=2; *=3` | `{"hot": "1", "cold": "2", "*": "3"}` |
| constant | the value | `{"value": "..."}` |
| join | `client_name, need` | `{"fields": ["client_name", "need"], "separator": ", "}` |
| first_non_empty | `email, phone` | `{"fields": ["email", "phone"]}` |
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

from dashboard.kit.digits import number

DATE_FORMATS = ("iso", "date", "unix")
MOST_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Argument:
    """The parts; those a transform does not know stay empty."""

    region: str = ""
    format: str = ""
    time_zone: str = ""
    decimals: int | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    fields: tuple[str, ...] = ()
    separator: str = " "


def parse(transform: str, given: Any) -> Argument:
    """The argument of a transform.

    Raises:
        ValueError: It does not fit; the message is the part to blame.
    """
    if given is None:
        given = ""
    parts = given if isinstance(given, Mapping) else None
    reader = _READERS.get(transform)
    return reader(str(given).strip(), parts) if reader else Argument()


Parts = Mapping[str, Any] | None


def _phone(text: str, parts: Parts) -> Argument:
    region = str(parts.get("region", "")) if parts is not None else text
    region = region.strip().upper()
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(region)
    return Argument(region=region)


def _date(text: str, parts: Parts) -> Argument:
    if parts is not None:
        words = [str(parts.get("format", "")), str(parts.get("time_zone", ""))]
    else:
        words = re.split(r"[\s,;]+", text)
    chosen, zone = "", ""
    for word in filter(None, words):
        if word in DATE_FORMATS:
            chosen = word
        else:
            zone = _zone(word)
    return Argument(format=chosen, time_zone=zone)


def _zone(word: str) -> str:
    try:
        return ZoneInfo(word).key
    except (KeyError, ValueError, OSError):
        raise ValueError(word) from None


def _number(text: str, parts: Parts) -> Argument:
    text = str(parts.get("decimals", "")) if parts is not None else text
    decimals = number(text)
    if text and (decimals is None or decimals > MOST_DECIMALS):
        raise ValueError(text)
    return Argument(decimals=decimals)


def _enum(text: str, parts: Parts) -> Argument:
    if parts is not None:
        pairs = {str(ours).strip(): str(theirs).strip() for ours, theirs in parts.items()}
    else:
        pieces = [piece for piece in re.split(r"[;\n]", text) if piece.strip()]
        if odd := [piece for piece in pieces if "=" not in piece]:
            raise ValueError(odd[0].strip())
        split = (piece.partition("=") for piece in pieces)
        pairs = {ours.strip(): theirs.strip() for ours, _, theirs in split}
    if not pairs or not all(ours and theirs for ours, theirs in pairs.items()):
        raise ValueError("=")
    return Argument(pairs=pairs)


def _constant(text: str, parts: Parts) -> Argument:
    value = str(parts.get("value", "")).strip() if parts is not None else text
    if not value:
        raise ValueError("")
    return Argument(value=value)


def _fields(text: str, parts: Parts) -> Argument:
    named = parts.get("fields", "") if parts is not None else text
    named = named if isinstance(named, list | tuple) else str(named).split(",")
    names = tuple(str(name).strip() for name in named if str(name).strip())
    if not names:
        raise ValueError(",")
    separator = str(parts.get("separator", " ")) if parts is not None else " "
    return Argument(fields=names, separator=separator)


_READERS: dict[str, Callable[[str, Parts], Argument]] = {
    "phone_e164": _phone,
    "date": _date,
    "number": _number,
    "enum": _enum,
    "constant": _constant,
    "join": _fields,
    "first_non_empty": _fields,
}
