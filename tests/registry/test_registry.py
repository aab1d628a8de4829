"""Providers are found by their folders, and no more of them is loaded than asked."""

import subprocess
import sys

import pytest

from dashboard import registry
from dashboard.contracts.manifest import Category
from tests.visitors import visiting

MANIFEST = """
from datetime import date, timedelta
from dashboard.contracts.manifest import Category, Keys, Manifest, RateLimit, Source
SOURCE = Source("https://example.com", date(2026, 11, 24))
MANIFEST = Manifest(
    id="{name}", name="Stand-in", category=Category.EMAIL, hosts={{}},
    auth=(Keys(fields=(), source=SOURCE),), steps=(),
    limit=RateLimit(1, timedelta(seconds=1), SOURCE),
)
"""
LAZY = """
import sys
from dashboard import registry
for provider in registry.ids():
    registry.manifest(provider)
loaded = [n for n in sys.modules if n.startswith("providers.") and n.count(".") == 2]
print(sorted({n.rsplit(".", 1)[1] for n in loaded if not n.split(".")[1].startswith("_")}))
"""


@pytest.fixture
def standin(tmp_path):
    """A provider in a folder of its own, found for the length of a test."""
    name = f"standin_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / name
    (folder / "texts").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "manifest.py").write_text(MANIFEST.format(name=name))
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "texts" / "en.json").write_text(
        '{"description": "For tests", "streams": {"delivery_events": "Own words"}}'
    )
    with visiting(tmp_path):
        yield name


def test_providers_are_found_and_families_are_not():
    found = registry.ids()

    assert list(found) == sorted(found)
    assert found
    assert not any(name.startswith("_") for name in found)


def test_one_more_folder_of_providers_can_be_added(standin):
    assert standin in registry.ids()
    assert registry.manifest(standin).name == "Stand-in"
    assert registry.icon(standin) == "<svg/>"
    assert registry.actions(standin) == {}
    assert not registry.has_part(standin, "webhooks")
    assert registry.has_part(standin, "manifest")


def test_reading_manifests_loads_nothing_else():
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['manifest']"


@pytest.mark.parametrize("name", ["nobody", "", "_google", "..", "nobody.client", "os"])
def test_an_unknown_provider_is_refused_and_not_imported(name):
    assert not registry.has_part(name, "client")
    with pytest.raises(KeyError):
        registry.part(name, "client")
    with pytest.raises(KeyError):
        registry.manifest(name)


def test_a_providers_own_words_win_over_the_shared_ones(standin):
    words = registry.words(standin, "en")

    assert words.say("description") == "For tests"
    assert words.say("streams", "delivery_events") == "Own words"


def test_shared_words_know_the_category(standin):
    words = registry.words(standin, "en")

    assert registry.manifest(standin).category is Category.EMAIL
    assert words.say("streams", "messages") == "Letters"
    assert words.say("actions", "reply") == "Reply to a letter"
    assert words.say("checks", "stream", what="Letters") == "Reading: Letters"


def test_words_nobody_has_are_an_error(standin):
    words = registry.words(standin, "en")

    assert not words.has("streams", "unheard_of")
    with pytest.raises(KeyError):
        words.say("streams", "unheard_of")
