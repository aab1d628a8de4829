"""Moments, numbers and foreign text as people read them."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel import dates, numbers

from dashboard import clock, registry, texts
from dashboard.contracts.errors import ProviderError, Refusal
from dashboard.ui.session import language, say

T = TypeVar("T")
# Invisible, and enough to keep addresses from becoming links.
WORD_JOINER = "\u2060"
_LINKS = re.compile(r"@|\\:(?=//)|\bwww(?=\\\.)")
_CODE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|$<>:~&])")


def plain(text: object) -> str:
    """Text from outside that Markdown must not interpret, nor turn into a link."""
    escaped = _SPECIAL.sub(r"\\\1", str(text)).replace("\n", " ")
    return _LINKS.sub(lambda found: found.group() + WORD_JOINER, escaped)


def gray(text: str) -> str:
    """Small grey Markdown with enough contrast; the text is already Markdown."""
    return f":gray[:small[{text}]]" if text else ""


def zone() -> ZoneInfo:
    """The browser's time zone."""
    name = st.context.timezone
    try:
        return ZoneInfo(name if isinstance(name, str) and name else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def ago(moment: datetime | None) -> str:
    """How long ago, or in how long: "5 minutes ago"."""
    if moment is None:
        return say("common.never")
    distance = moment - clock.now()
    if abs(distance.total_seconds()) < 10:
        return say("common.just_now")
    return dates.format_timedelta(distance, add_direction=True, locale=language())


def when(moment: datetime | None) -> str:
    """Date and time in the browser's zone."""
    if moment is None:
        return "—"
    return dates.format_datetime(moment.astimezone(zone()), "short", locale=language())


def exactly(moment: datetime | None) -> str:
    """Date and time with seconds and zone."""
    if moment is None:
        return "—"
    return dates.format_datetime(moment.astimezone(zone()), "d MMM y, HH:mm:ss", locale=language())


def lasted(seconds: float | None) -> str:
    """A duration: "3.2 s", "2 min"."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return say("common.seconds", number=number(round(seconds, 1)))
    return say("common.minutes_seconds", minutes=int(seconds // 60), seconds=int(seconds % 60))


def number(value: float | Decimal) -> str:
    """A number with the language's separators."""
    return numbers.format_decimal(value, locale=language())


def money(amount: object, currency: object) -> str:
    """An amount with its currency; empty when there is none."""
    if amount in (None, ""):
        return ""
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return str(amount)
    code = str(currency or "").upper()
    if not code:
        return number(value)
    if numbers.get_currency_symbol(code, locale=language()) == code:
        return f"{numbers.format_decimal(value, '#,##0.00', locale=language())} {code}"
    return numbers.format_currency(value, code, locale=language())


def said(provider: str, section: str, name: str = "", /, **values: object) -> str:
    """A provider's own word for something; the bare name made readable when it has none."""
    words = registry.words(provider, language())
    if words.has(section, name):
        told = {key: value for key, value in values.items() if key not in ("section", "name")}
        return words.say(section, name, **told)
    return name.replace("_", " ").replace(".", ": ").capitalize()


def has_said(provider: str, section: str, name: str = "") -> bool:
    """Whether a provider, or the house for it, has a word for something."""
    return registry.words(provider, language()).has(section, name)


def problem(code: str, provider: str = "", values: dict[str, Any] | None = None) -> str:
    """The sentence behind an error code: what happened, who must act and how."""
    if not code:
        return ""
    told = dict(values or {})
    if provider and has_said(provider, "errors", code):
        told.setdefault("provider", registry.manifest(provider).name)
        fix = f"{code}.fix"
        more = said(provider, "errors", fix, **told) if has_said(provider, "errors", fix) else ""
        return f"{said(provider, 'errors', code, **told)} {more}".strip()
    for key in (code, f"shared.errors.{code}"):
        if texts.has(key):
            return texts.problem(language(), key, **(_unsaid(key, provider) | told))
    return say("common.went_wrong")


def _unsaid(key: str, provider: str) -> dict[str, str]:
    """What stands for the parts of a sentence that were not kept with its code."""
    return dict.fromkeys(texts.parts(language(), key), "…") | (
        {"provider": registry.manifest(provider).name} if provider else {}
    )


def reason(told: str, provider: str = "") -> str:
    """Why something failed, as Markdown: our sentence by its code, or the vendor quoted."""
    key, values = texts.decoded(told)
    if is_code(key, provider):
        return problem(key, provider, {name: plain(value) for name, value in values.items()})
    return say("common.vendor_said", reason=plain(told))


def is_code(text: str, provider: str = "") -> bool:
    """Whether a text names a sentence, the core's or the provider's."""
    if not _CODE.fullmatch(text):
        return False
    return texts.has(text) or bool(provider and has_said(provider, "errors", text))


def explanation(error: Refusal | ProviderError, provider: str = "") -> str:
    """Everything a person should read about a failure, as Markdown."""
    if isinstance(error, Refusal):
        return problem(error.code, provider, named(dict(error.values or {}), provider))
    lines = [problem(error.code, provider)]
    if error.reason:
        lines.append(gray(reason(error.reason, provider)))
    if error.request_id:
        lines.append(gray(say("common.request_id", id=plain(error.request_id))))
    return "\n\n".join(lines)


def named(values: dict[str, str], provider: str = "") -> dict[str, str]:
    """The parts of a sentence: codes of fields, roles and excuses in words, the rest as text."""
    sections = {"field": "fields", "reason": "exempt", "stream": "streams", "action": "actions"}
    told = {}
    for name, value in values.items():
        section = sections.get(name, "")
        if name == "role" and known(f"common.role.{value}"):
            told[name] = say(f"common.role.{value}")
        elif section and provider and has_said(provider, section, value):
            told[name] = said(provider, section, value)
        else:
            told[name] = plain(value)
    return told


def known(key: str) -> bool:
    """Whether the core has a sentence of that key."""
    return texts.has(key)


def spoken(options: Iterable[T], word: Callable[[T], str]) -> Callable[[Any], str]:
    """The words of a widget's options, found once; the widget may ask outside of a run."""
    words = {option: word(option) for option in options}
    return lambda option: words.get(option, str(option))
