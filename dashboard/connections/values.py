"""What a person typed, made sure of, kind by kind. Nothing here is saved or sent."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.contracts.errors import Refusal
from dashboard.contracts.forms import Field, Kind

LONGEST_TEXT, LONGEST_LIST = 8192, 500
LATEST_REMINDER, MOST_REMINDERS = 40_320, 5
MOST_PAIRS = 20
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")

CheckUrl = Callable[[str], str]
# (name of a live list) -> values that may be chosen.
Live = Callable[[str], Iterable[str]]


def texts(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Credentials as asked by an auth method, trimmed; blank ones that may be blank left out.

    Raises:
        Refusal: `connections.field_unknown`, `.field_required` or `.field_invalid`, with `field`.
    """
    known = {f.name for f in fields}
    if odd := sorted(set(values) - known):
        raise _refusal("connections.field_unknown", odd[0])
    cleaned = {f.name: _text(f, values.get(f.name, "")) for f in fields}
    for asked in fields:
        if asked.required and not cleaned[asked.name] and is_shown(asked, cleaned):
            raise _refusal("connections.field_required", asked.name)
    return {name: value for name, value in cleaned.items() if value}


def settings(
    fields: Sequence[Field], now: Mapping[str, Any], changes: Mapping[str, Any], rules: "Rules"
) -> dict[str, Any]:
    """The settings `now` with `changes`, each change checked by its kind.

    Raises:
        Refusal: `connections.setting_unknown`, `.field_required`, or what is wrong with a value.
    """
    known = {f.name: f for f in fields}
    if odd := sorted(set(changes) - set(known)):
        raise _refusal("connections.setting_unknown", odd[0])
    given = {name: rules.clean(known[name], value) for name, value in changes.items()}
    merged = {**now, **given}
    for asked in fields:
        if asked.required and is_shown(asked, merged) and _is_blank(merged.get(asked.name)):
            raise _refusal("connections.field_required", asked.name)
    for name, value in given.items():
        if now.get(name) != value:
            rules.check_live(known[name], value)
    return merged


def is_shown(asked: Field, values: Mapping[str, Any]) -> bool:
    """True unless another field's value hides this one."""
    return asked.shown_when is None or values.get(asked.shown_when[0]) == asked.shown_when[1]


class Rules:
    """How each kind of value is made sure of.

    Args:
        check_url: The egress guard's opinion about an address.
        live: Reads the vendor's list behind a choice; None while nobody can read it.
    """

    def __init__(self, check_url: CheckUrl, live: Live | None) -> None:
        self._live = live
        self._by_kind: dict[Kind, Callable[[Field, Any], Any]] = {
            Kind.TEXT: _text,
            Kind.LONG_TEXT: _text,
            Kind.SECRET: _text,
            Kind.URL: lambda asked, value: _url(asked, value, check_url),
            Kind.TOGGLE: _toggle,
            Kind.NUMBER: _number,
            Kind.CHOICE: _choice,
            Kind.CHOICES: _choices,
            Kind.TIME_ZONE: _time_zone,
            Kind.HOURS: _hours,
            Kind.MINUTES: _minutes,
            Kind.PAIRS: _pairs,
        }

    def clean(self, asked: Field, value: Any) -> Any:
        """The value in its JSON shape.

        Raises:
            Refusal: It is not of the field's kind; `field` names it.
        """
        return self._by_kind[asked.kind](asked, value)

    def check_live(self, asked: Field, value: Any) -> None:
        """Let pass only what the vendor's own list offers.

        Raises:
            Refusal: `connections.not_an_option`.
        """
        if self._live is None or not asked.choices_from or _is_blank(value):
            return
        chosen = value if isinstance(value, list) else [value]
        offered = set(self._live(asked.choices_from))
        if not set(chosen) <= offered:
            raise _refusal("connections.not_an_option", asked.name)


def _text(asked: Field, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\x00" in value:
        raise _refusal("connections.field_invalid", asked.name)
    text = value.strip()
    if asked.kind is Kind.SECRET and not (text.isascii() and text.isprintable()):
        # It travels in a header: a letter of another alphabet was typed, not copied.
        raise _refusal("connections.field_invalid", asked.name)
    if text and asked.pattern and not re.fullmatch(asked.pattern, text):
        raise _refusal("connections.field_invalid", asked.name)
    if text and asked.options and text not in asked.options:
        raise _refusal("connections.not_an_option", asked.name)
    return text


def _url(asked: Field, value: Any, check_url: CheckUrl) -> str:
    text = _text(asked, value)
    if not text:
        return ""
    try:
        return check_url(text)
    except Refusal as refusal:
        refusal.field = asked.name
        raise


def _toggle(asked: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refusal("connections.field_invalid", asked.name)
    return value


def _number(asked: Field, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refusal("connections.not_a_number", asked.name)
    low, high = asked.minimum, asked.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        shown = {"minimum": _limit(low), "maximum": _limit(high)}
        raise _refusal("connections.out_of_range", asked.name, shown)
    return value


def _choice(asked: Field, value: Any) -> str:
    if value is None:
        return ""
    text = _text(asked, value)
    if not asked.options and not asked.choices_from:
        raise _refusal("connections.not_an_option", asked.name)
    return text


def _choices(asked: Field, value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or len(value) > LONGEST_LIST:
        raise _refusal("connections.field_invalid", asked.name)
    return list(dict.fromkeys(_choice(asked, one) for one in value))


def _time_zone(asked: Field, value: Any) -> str:
    text = _text(asked, value)
    try:
        return ZoneInfo(text).key if text else ""
    except (KeyError, ValueError, OSError):
        raise _refusal("connections.not_a_time_zone", asked.name) from None


def _hours(asked: Field, value: Any) -> dict[str, list[list[str]]]:
    if not isinstance(value, Mapping) or set(value) - set(DAYS):
        raise _refusal("connections.bad_hours", asked.name)
    week = {day: sorted(_spans(asked, value.get(day, []))) for day in DAYS}
    for spans in week.values():
        flat = [moment for span in spans for moment in span]
        empty = any(opens >= closes for opens, closes in spans)
        if empty or flat != sorted(flat):
            raise _refusal("connections.bad_hours", asked.name)
    return {day: [list(span) for span in spans] for day, spans in week.items()}


def _spans(asked: Field, value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, (list, tuple)):
        raise _refusal("connections.bad_hours", asked.name)
    return [_span(asked, span) for span in value]


def _span(asked: Field, value: Any) -> tuple[str, str]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise _refusal("connections.bad_hours", asked.name)
    opens, closes = value
    good = isinstance(opens, str) and isinstance(closes, str) and CLOCK.fullmatch(opens)
    if not good or not (closes == "24:00" or CLOCK.fullmatch(closes)):
        raise _refusal("connections.bad_hours", asked.name)
    return opens, closes


def _minutes(asked: Field, value: Any) -> list[int]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_REMINDERS:
        raise _refusal("connections.bad_minutes", asked.name)
    for one in value:
        whole = isinstance(one, int) and not isinstance(one, bool)
        if not whole or not 0 <= one <= LATEST_REMINDER:
            raise _refusal("connections.bad_minutes", asked.name)
    return list(dict.fromkeys(value))


def _pairs(asked: Field, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > MOST_PAIRS:
        raise _refusal("connections.bad_pairs", asked.name)
    for name, text in value.items():
        named = isinstance(name, str) and HEADER.fullmatch(name)
        if not named or not isinstance(text, str) or not text.isprintable() or len(text) > 1000:
            raise _refusal("connections.bad_pairs", asked.name)
    return dict(value)


def _is_blank(value: Any) -> bool:
    return value is None or value == ""


def _limit(value: int | None) -> str:
    return "…" if value is None else str(value)


def _refusal(code: str, field: str, values: dict[str, str] | None = None) -> Refusal:
    return Refusal(code, field=field, values={"field": field, **(values or {})})
