"""Everything these rooms may refuse with has a sentence in both languages."""

import re
from pathlib import Path
from string import Formatter

import pytest

from dashboard import texts

CORE = Path(__file__).parents[2] / "dashboard"
SOURCES = [
    file for room in ("connections", "oauth", "mapping") for file in (CORE / room).glob("*.py")
]
CODES = sorted(
    {
        code
        for file in SOURCES
        for code in re.findall(
            r'"((?:connections|oauth|mapping)\.[a-z_0-9]+)"', file.read_text(encoding="utf-8")
        )
    }
    # Names of a table, of an entry and of jobs.
    - {"oauth.flows", "mapping.saved", "connections.probe", "connections.probe_due"}
)
AREAS = ("connections", "oauth", "mapping", "egress")


def parts(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words(code):
    assert texts.has(code)


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_things(area):
    russian, english = (texts.area_words(language, area) for language in ("ru", "en"))

    assert list(russian) == list(english)
    assert {k: parts(v) for k, v in russian.items()} == {k: parts(v) for k, v in english.items()}


@pytest.mark.parametrize("key", sorted(texts.area_words("en", "oauth")))
def test_sentences_of_a_flow_stand_without_values(key):
    assert parts(texts.area_words("en", "oauth")[key]) == set()
