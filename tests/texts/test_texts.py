"""Words are picked by language, strictly, and both languages say the same things."""

import json
import string
from pathlib import Path

import pytest

from dashboard import texts
from dashboard.contracts.categories import VOCABULARY
from dashboard.contracts.errors import WORDS
from dashboard.contracts.manifest import Category
from dashboard.kit.sandbox import FAULTS

FILES = sorted((texts.WORDS / "en").glob("*.json"))
AREAS = [file.stem for file in FILES]
COUNTED = {"one": "{count} сделка", "few": "{count} сделки", "many": "{count} сделок"}


def words(language, area):
    return json.loads((texts.WORDS / language / f"{area}.json").read_text(encoding="utf-8"))


def sentences(found):
    return list(found.values()) if isinstance(found, dict) else [found]


def places(sentence):
    parsed = [part for one in sentences(sentence) for part in string.Formatter().parse(one)]
    return {name for _, name, _, _ in parsed if name is not None}


def test_both_languages_have_the_same_files():
    russian = {file.name for file in (texts.WORDS / "ru").glob("*.json")}

    assert {file.name for file in FILES} == russian


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_keys(area):
    assert words("en", area).keys() == words("ru", area).keys()


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_places_for_values(area):
    english, russian = words("en", area), words("ru", area)

    assert [k for k in english if places(english[k]) != places(russian[k])] == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_no_sentence_is_empty(area, language):
    found = words(language, area)

    assert [key for key, said in found.items() if not all(s.strip() for s in sentences(said))] == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 сделка"), (3, "3 сделки"), (5, "5 сделок"), (21, "21 сделка"), (11, "11 сделок")],
)
def test_russian_counts_by_its_own_rules(count, said):
    assert texts.filled("ru", {**COUNTED, "other": "{count} сделки"}, {"count": count}) == said


def test_values_are_filled_in():
    assert texts.say("en", "shared.checks.stream", what="Deals") == "Reading: Deals"


@pytest.mark.parametrize("key", ["shared.nothing", "nowhere.at_all", "plain", ""])
def test_an_unknown_key_is_never_shown(key):
    assert not texts.has(key)
    with pytest.raises(KeyError):
        texts.say("en", key)


def test_a_missing_value_is_an_error():
    with pytest.raises(KeyError):
        texts.say("en", "shared.checks.stream", other="x")


@pytest.mark.parametrize("category", Category)
def test_every_word_of_a_vocabulary_is_said(category):
    spoken = VOCABULARY[category]
    due = [f"streams.{name}" for name in spoken.streams]
    due += [f"actions.{name}{end}" for name in spoken.actions for end in ("", ".help")]
    due += [f"events.{name}" for name in spoken.events]
    due += [f"categories.{category.value}"]

    assert [key for key in due if not texts.has(f"shared.{key}")] == []


def test_every_failure_says_what_happened_and_who_must_act():
    due = [f"shared.errors.{word.word()}{end}" for word in WORDS for end in ("", ".fix")]

    assert [key for key in due if not texts.has(key)] == []


def test_every_fault_of_a_sandbox_is_explained():
    due = [f"shared.faults.{name}{end}" for name in FAULTS for end in ("", ".help")]

    assert [key for key in due if not texts.has(key)] == []


def test_files_are_flat():
    odd = [
        (file.stem, key)
        for file in Path(texts.WORDS).rglob("*.json")
        for key, said in json.loads(file.read_text(encoding="utf-8")).items()
        if not isinstance(said, str | dict)
    ]

    assert odd == []
