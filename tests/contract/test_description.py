"""Every provider describes itself wholly, in its category's words and in both languages."""

import ast
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dashboard import registry
from dashboard.contracts.categories import VOCABULARY
from dashboard.contracts.forms import Form, Guide, HookSetup, MapFields, SignIn

PROVIDERS = registry.ids()
ALWAYS = {
    "manifest.py",
    "client.py",
    "sandbox.py",
    "icon.svg",
    "README.md",
    "texts",
    "__init__.py",
}
each_provider = pytest.mark.parametrize("provider", PROVIDERS)
each_language = pytest.mark.parametrize("language", ["en", "ru"])


def folder(provider: str) -> Path:
    return Path(registry.part(provider, "manifest").__file__).parent


def shape(texts: object) -> object:
    """The keys of a nested dictionary, without the words."""
    if not isinstance(texts, dict):
        return None
    return {name: shape(value) for name, value in texts.items()}


@each_provider
def test_manifest_only_describes(provider):
    tree = ast.parse((folder(provider) / "manifest.py").read_text())

    docstring, *rest = tree.body
    assert isinstance(docstring, ast.Expr)
    assert {type(node) for node in rest} <= {ast.ImportFrom, ast.Assign}
    assert [n.targets[0].id for n in rest if isinstance(n, ast.Assign)][-1] == "MANIFEST"
    assert registry.manifest(provider).id == provider


@each_provider
def test_category_is_spoken_or_excused(provider):
    said = registry.manifest(provider)
    due = VOCABULARY[said.category]
    offered = {s.name for s in said.streams} | set(said.actions) | {e.name for e in said.events}

    missing = due.streams.keys() | due.actions.keys() | due.events
    assert missing - offered == said.exempt.keys() & missing
    assert not offered & said.exempt.keys(), "excused and offered at once"


@each_provider
def test_streams_and_actions_have_their_categorys_types(provider):
    said = registry.manifest(provider)
    due = VOCABULARY[said.category]

    for stream in said.streams:
        assert issubclass(stream.record, due.streams[stream.name])
    for name, action in (registry.actions(provider) if said.actions else {}).items():
        takes, gives = due.actions[name]
        assert issubclass(action.takes, takes)
        assert issubclass(action.gives, gives)


@each_provider
def test_files_match_the_manifest(provider):
    said = registry.manifest(provider)
    files = {path.name for path in folder(provider).iterdir() if path.name != "__pycache__"}
    polled = [stream for stream in said.streams if not stream.events_only]

    assert files >= ALWAYS
    assert ("streams.py" in files) >= bool(polled)
    assert ("actions.py" in files) == bool(said.actions)
    assert ("webhooks.py" in files) == bool(said.hooks)
    assert ("fields.py" in files) == any(isinstance(s, MapFields) for s in said.steps)


@each_provider
def test_both_languages_have_the_same_keys(provider):
    texts = {
        language: json.loads((folder(provider) / "texts" / f"{language}.json").read_text())
        for language in ("en", "ru")
    }

    assert shape(texts["en"]) == shape(texts["ru"])


@each_language
@each_provider
def test_everything_a_person_meets_has_words(provider, language):
    said, words = registry.manifest(provider), registry.words(provider, language)
    asked = [f for method in said.auth for f in method.fields] + list(said.settings_fields())
    due = [("methods", method.id) for method in said.auth]
    due += [("steps", step.name) for step in said.steps]
    due += [("fields", field.name) for field in asked]
    due += [("options", f"{f.name}.{value}") for f in asked for value in f.options]
    due += [("streams", stream.name) for stream in said.streams]
    due += [("actions", action) for action in said.actions]
    due += [("events", event.name) for event in said.events]
    due += [("exempt", reason) for reason in said.exempt.values()]
    due += [("scopes", s.name) for method in said.auth for s in said.scopes(method.id)]
    sandbox = registry.part(provider, "sandbox").sandbox
    due += [("gestures", name) for name in sandbox.gestures]
    due += [("gestures", f"{g.name}.{f.name}") for g in sandbox.gestures.values() for f in g.fields]

    missing = [f"{section}.{name}" for section, name in due if not words.has(section, name)]
    assert missing == []
    assert words.say("description", "")


@each_provider
def test_every_scope_is_needed_by_something(provider):
    said = registry.manifest(provider)
    parts = {s.name for s in said.streams} | set(said.actions) | {e.name for e in said.events}
    parts |= {"account"} | {f.choices_from for f in said.settings_fields()}

    for method in said.auth:
        for scope in said.scopes(method.id):
            assert scope.needed_by
            assert set(scope.needed_by) <= parts, scope.name


@each_provider
def test_set_up_begins_with_signing_in(provider):
    said = registry.manifest(provider)
    steps = [step for step in said.steps if not isinstance(step, Guide)]

    assert isinstance(steps[0], SignIn)
    assert sum(isinstance(step, SignIn) for step in steps) == 1
    assert any(isinstance(step, Form | MapFields) for step in steps)
    assert any(isinstance(step, HookSetup) for step in steps) <= bool(said.hooks)
    assert len({step.name for step in said.steps}) == len(said.steps)


@each_provider
def test_choice_fields_name_a_default_or_a_live_list(provider):
    for field in registry.manifest(provider).settings_fields():
        closed = field.default in (None, *field.options) or not field.options
        assert closed or set(field.default) <= set(field.options), field.name
        assert not (field.options and field.choices_from), field.name


@each_provider
def test_switches_of_streams_exist(provider):
    said = registry.manifest(provider)
    fields = {field.name for field in said.settings_fields()}

    assert {s.enabled_by for s in said.streams if s.enabled_by} <= fields


@each_provider
def test_vendor_facts_carry_source_and_date(provider):
    said = registry.manifest(provider)
    sources = [said.limit.source, *(method.source for method in said.auth)]
    sources += [said.hooks.source] if said.hooks else []

    assert all(source.url.startswith("https://") and source.read.year >= 2026 for source in sources)


@each_provider
def test_icon_is_a_small_square_drawing(provider):
    icon = folder(provider) / "icon.svg"
    root = ET.parse(icon).getroot()  # noqa: S314 - our own file

    _, _, width, height = (float(part) for part in root.get("viewBox").split())
    assert width == height
    assert icon.stat().st_size < 4096
    assert "href" not in icon.read_text()


@each_provider
def test_readme_is_short_and_says_what_does_not_work(provider):
    lines = (folder(provider) / "README.md").read_text().splitlines()

    assert 5 < len(lines) <= 40
