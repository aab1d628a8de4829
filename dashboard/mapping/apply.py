"""Carries values across a mapping, in either direction."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

from dashboard.mapping import arguments
from dashboard.mapping.arguments import Argument
from dashboard.mapping.rules import MappingRow, Problem

MONEY = re.compile(r"(?:[₽$€£₸₴]|руб(?:лей|ля|ль)?\.?|р\.|rub|usd|eur|kzt)", re.IGNORECASE)
DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?:[ T,]+(\d{1,2}):(\d{2}))?", re.ASCII)
YES = frozenset({"true", "1", "yes", "y", "да", "on"})
NO = frozenset({"false", "0", "no", "n", "нет", "off"})


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What holds when a line says nothing else."""

    region: str = "RU"
    time_zone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """Values by field name; JSON types only. A line with a problem gave no value."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Odd(Exception):
    """A value that a transform cannot make sense of; the argument is the problem's code."""


def to_vendor(
    rows: Sequence[MappingRow], values: Mapping[str, Any], defaults: Defaults | None = None
) -> Applied:
    """The agent's values as the vendor's fields; what the agent does not know is left out."""
    return _applied(
        lambda row: _written(row, values, defaults or Defaults()),
        [(place, row, row.vendor_field) for place, row in enumerate(rows) if row.writes],
    )


def from_vendor(
    rows: Sequence[MappingRow], values: Mapping[str, Any], defaults: Defaults | None = None
) -> Applied:
    """The vendor's fields as the agent's values."""
    return _applied(
        lambda row: _read(row, values.get(row.vendor_field), defaults or Defaults()),
        [(place, row, row.agent_field) for place, row in enumerate(rows) if row.reads],
    )


def _applied(
    work: Callable[[MappingRow], Any],
    lines: Sequence[tuple[int, MappingRow, str]],
) -> Applied:
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for place, row, target in lines:
        try:
            value = work(row)
        except Odd as odd:
            problems.append(_problem(place, row, str(odd)))
            continue
        except ValueError:
            problems.append(_problem(place, row, "bad_argument"))
            continue
        if not _is_empty(value):
            found[target] = value
        elif row.required:
            problems.append(_problem(place, row, "value_required"))
    return Applied(values=found, problems=tuple(problems))


def _problem(place: int, row: MappingRow, code: str) -> Problem:
    named = {"name": row.agent_field, "field": row.vendor_label or row.vendor_field}
    return Problem(row=place, code=f"mapping.{code}", values=named)


def _written(row: MappingRow, values: Mapping[str, Any], defaults: Defaults) -> Any:
    argument = arguments.parse(row.transform, row.argument)
    if row.transform == "constant":
        return _plain(_typed(argument.value, row.vendor_type))
    if row.transform in ("join", "first_non_empty"):
        return _several(row, argument, values)
    value = values.get(row.agent_field)
    if _is_empty(value):
        return None
    if row.transform == "enum":
        return _chosen(row, argument.pairs, value)
    if row.transform == "date":
        return _date(value, argument, _format(row, argument), defaults)
    return _plain(_single(row, argument, value, defaults))


def _single(row: MappingRow, argument: Argument, value: Any, defaults: Defaults) -> Any:
    if row.transform == "phone_e164":
        return phone(str(value), argument.region or defaults.region)
    if row.transform == "number":
        return number(value, argument.decimals)
    if row.transform in ("trim", "lower"):
        text = " ".join(str(value).split())
        return text.lower() if row.transform == "lower" else text
    return _typed(value, row.vendor_type)


def _read(row: MappingRow, value: Any, defaults: Defaults) -> Any:
    argument = arguments.parse(row.transform, row.argument)
    if _is_empty(value):
        return None
    if row.transform == "enum":
        back = {theirs.casefold(): ours for ours, theirs in argument.pairs.items() if ours != "*"}
        found = [back.get(str(one).casefold(), str(one)) for one in _each(value)]
        return found[0] if len(found) == 1 else ", ".join(found)
    if row.transform == "date":
        return _date(value, argument, "iso", defaults)
    if isinstance(value, list | tuple):
        value = ", ".join(str(one) for one in value)
    if row.transform == "none":
        return _plain(value)
    return _plain(_single(row, argument, value, defaults))


def phone(text: str, region: str) -> str:
    """The number in E.164.

    Raises:
        Odd: It is no number that could be dialled.
    """
    try:
        found = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        raise Odd("bad_phone") from None
    if not phonenumbers.is_possible_number(found):
        raise Odd("bad_phone")
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def number(value: Any, decimals: int | None = None) -> Decimal:
    """The number in "1 200,50 ₽", "$1,200.50" or 1200.5.

    Raises:
        Odd: There is no single number in it.
    """
    if isinstance(value, bool):
        raise Odd("bad_number")
    text = re.sub(r"[\s\u00a0\u202f'’]", "", MONEY.sub("", str(value)))
    try:
        found = Decimal(_with_point(text))
    except InvalidOperation:
        raise Odd("bad_number") from None
    if not found.is_finite() or abs(found.adjusted()) > 20:
        raise Odd("bad_number")
    if decimals is None:
        return found
    return found.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _with_point(text: str) -> str:
    """Thousands marks out, a point before the decimals.

    Where both marks occur the last one is the decimal one. A lone comma before exactly three
    digits parts thousands; a lone point never does.
    """
    if "," in text and "." in text:
        last = "," if text.rfind(",") > text.rfind(".") else "."
        text = text.replace("." if last == "," else ",", "")
        return text.replace(",", ".")
    if text.count(",") > 1 or re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", text):
        return text.replace(",", "")
    if text.count(".") > 1:
        return text.replace(".", "")
    return text.replace(",", ".")


def moment(value: Any, zone: ZoneInfo) -> datetime:
    """The moment in an ISO text, in 24.11.2026 15:30, in Unix seconds, or in a date.

    Raises:
        Odd: It is none of them.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    text = str(value).strip()
    try:
        if re.fullmatch(r"-?\d{9,11}(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        if match := DAY_FIRST.fullmatch(text):
            day, month, year, hour, minute = (int(part or 0) for part in match.groups())
            return datetime(year, month, day, hour, minute, tzinfo=zone)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise Odd("bad_date") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _date(value: Any, argument: Argument, style: str, defaults: Defaults) -> str | int:
    zone = ZoneInfo(argument.time_zone or defaults.time_zone)
    found = moment(value, zone)
    if style == "unix":
        return int(found.timestamp())
    local = found.astimezone(zone)
    return local.date().isoformat() if style == "date" else local.isoformat()


def _format(row: MappingRow, argument: Argument) -> str:
    by_type = {"date": "date", "number": "unix"}
    return argument.format or by_type.get(row.vendor_type, "iso")


def _several(row: MappingRow, argument: Argument, values: Mapping[str, Any]) -> str:
    names = dict.fromkeys(filter(None, (row.agent_field, *argument.fields)))
    found = [str(values[name]).strip() for name in names if not _is_empty(values.get(name))]
    if row.transform == "join":
        return argument.separator.join(found)
    return found[0] if found else ""


def _chosen(row: MappingRow, pairs: Mapping[str, str], value: Any) -> Any:
    known = {ours.casefold(): theirs for ours, theirs in pairs.items()}
    found = []
    for one in _each(value):
        theirs = known.get(str(one).strip().casefold(), known.get("*"))
        if theirs is None:
            raise Odd("enum_unmapped")
        found.append(theirs)
    return found if row.vendor_type == "enums" else found[0]


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _typed(value: Any, vendor_type: str) -> Any:
    if vendor_type == "boolean" and not isinstance(value, bool):
        word = str(value).strip().casefold()
        if word not in YES | NO:
            raise Odd("bad_boolean")
        return word in YES
    if vendor_type == "number" and not isinstance(value, bool):
        return number(value)
    return value


def _plain(value: Any) -> Any:
    """As JSON: a decimal becomes the nearest number, a moment ISO text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], (), {})
