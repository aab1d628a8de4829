"""Picks words by language. The core's sentences live in `words/<language>/<area>.json`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

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
