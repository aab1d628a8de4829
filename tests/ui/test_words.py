"""Every sentence the pages ask for exists, in both languages, with the same parts to fill."""

import ast
import re
import string
from pathlib import Path

import pytest

from dashboard import texts

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("dashboard/ui/**/*.py"), *ROOT.glob("pages/*.py")]
AREAS = sorted(path.stem for path in (texts.WORDS / "en").glob("*.json"))


def _said():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in ("say", "Refusal") and isinstance(first, ast.Constant):
                yield first.value


@pytest.mark.parametrize("key", sorted(set(_said())))
def test_every_key_the_pages_say_has_words(key):
    assert texts.has(key)


def _sentences(language, area):
    return texts.area_words(language, area)


def _parts(sentence):
    forms = sentence.values() if isinstance(sentence, dict) else [sentence]
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_things(area):
    english, russian = _sentences("en", area), _sentences("ru", area)

    assert english.keys() == russian.keys()
    assert {k: _parts(v) for k, v in english.items()} == {k: _parts(v) for k, v in russian.items()}


@pytest.mark.parametrize("area", AREAS)
def test_russian_words_are_russian(area):
    odd = [
        key
        for key, sentence in _sentences("ru", area).items()
        for text in (sentence.values() if isinstance(sentence, dict) else [sentence])
        # A sentence of values alone has nothing to translate.
        if re.search("[a-z]", bare := re.sub(r"\{\w+\}", "", text), re.IGNORECASE)
        and not re.search("[а-яё]", bare, re.IGNORECASE)
    ]

    assert [key for key in odd if key not in SAME_EVERYWHERE] == []


# Names that Russian staff use as they are.
SAME_EVERYWHERE = {
    "client_id",
    "client_secret",
    "reason.api",
    "field.html",
    "categories.crm",
    "value.api",
}
