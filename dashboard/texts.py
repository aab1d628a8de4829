"""Picks words by language. The core's sentences live in `words/<language>/<area>.json`."""

import json
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import parse_qsl, urlencode

from babel import Locale

LANGUAGES = ("ru", "en")
WORDS = Path(__file__).parent / "words"

Sentence = str | dict[str, str]


def say(language: str, key: str, **values: Any) -> str:
    """The sentence of `<area>.<key>` with its values filled in.

    A sentence with plural forms is chosen by the value named `count`.

    Raises:
        KeyError: There is no such key; a page must never show a raw one.
    """
    area, _, name = key.partition(".")
    return filled(language, area_words(language, area)[name], values)


def has(key: str) -> bool:
    """True when the core has a sentence of that key in every language."""
    area, _, name = key.partition(".")
    return all(name in area_words(language, area) for language in LANGUAGES)


def problem(language: str, code: str, **values: Any) -> str:
    """What happened and, where that does not say it yet, who must act and how: `<code>.fix`.

    Raises:
        KeyError: There is no sentence of that code.
    """
    told = say(language, code, **values)
    return f"{told} {say(language, f'{code}.fix', **values)}" if has(f"{code}.fix") else told


def parts(language: str, key: str) -> set[str]:
    """Names of what a sentence of one form, and its fix, are filled with."""
    found = (area_words(language, key.partition(".")[0]).get(name, "") for name in _both(key))
    read = (Formatter().parse(one) for one in found if isinstance(one, str))
    return {name for one in read for _, name, _, _ in one if name}


def _both(key: str) -> tuple[str, str]:
    name = key.partition(".")[2]
    return name, f"{name}.fix"


def coded(key: str, **values: Any) -> str:
    """A sentence as a row keeps it, said later in the reader's language: `key?name=value`."""
    return f"{key}?{urlencode(values)}"


def decoded(kept: str) -> tuple[str, dict[str, str]]:
    """The key and the values of what `coded` made; any other text is a key without values."""
    key, _, values = kept.partition("?")
    return (key, dict(parse_qsl(values))) if has(key) else (kept, {})


def told(language: str, kept: str) -> str:
    """What `coded` made, in words; any other text as it is."""
    key, values = decoded(kept)
    return say(language, key, **values) if values else kept


def filled(language: str, sentence: Sentence, values: dict[str, Any]) -> str:
    """The right plural form of `sentence` with `{name}` parts replaced."""
    if isinstance(sentence, dict):
        form = Locale.parse(language).plural_form(values["count"])
        sentence = sentence.get(form) or sentence["other"]
    return sentence.format_map(values) if values else sentence


@cache
def area_words(language: str, area: str) -> dict[str, Sentence]:
    """All sentences of one area; empty when there is no such area."""
    file = WORDS / language / f"{area}.json"
    if not file.is_file():
        return {}
    words: dict[str, Sentence] = json.loads(file.read_text(encoding="utf-8"))
    return words
