"""Finds provider folders and loads their files. The only door from the core to providers/."""

import json
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from dashboard import texts
from dashboard.contracts.actions import Action
from dashboard.contracts.manifest import Manifest

PACKAGE = "providers"


@cache
def ids() -> tuple[str, ...]:
    """Ids of all providers, sorted; folders that begin with `_` are families."""
    found = pkgutil.iter_modules(import_module(PACKAGE).__path__)
    return tuple(sorted(m.name for m in found if m.ispkg and not m.name.startswith("_")))


def discover(root: Path) -> None:
    """Find providers in one more folder, as if they lay in providers/."""
    path = import_module(PACKAGE).__path__
    if str(root) not in path:
        path.append(str(root))
    ids.cache_clear()


@cache
def manifest(provider: str) -> Manifest:
    """What a provider says about itself; its other files are not loaded.

    Raises:
        KeyError: There is no such provider.
    """
    found: Manifest = part(provider, "manifest").MANIFEST
    return found


def part(provider: str, name: str) -> ModuleType:
    """One file of a provider: client, streams, fields, actions, webhooks or sandbox.

    Raises:
        KeyError: There is no such provider.
    """
    if provider not in ids():
        raise KeyError(provider)
    return import_module(f"{PACKAGE}.{provider}.{name}")


def has_part(provider: str, name: str) -> bool:
    """True when the provider has that file."""
    return provider in ids() and find_spec(f"{PACKAGE}.{provider}.{name}") is not None


@cache
def actions(provider: str) -> dict[str, Action]:
    """The provider's actions by name, in the manifest's order."""
    names = manifest(provider).actions
    if not names:
        return {}
    module = part(provider, "actions")
    return {name: getattr(module, name) for name in names}


@cache
def icon(provider: str) -> str:
    """The icon as SVG text."""
    return (_folder(provider) / "icon.svg").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ProviderWords:
    """A provider's own words, with the shared ones of its category behind them."""

    language: str
    category: str
    own: dict[str, Any]

    def say(self, section: str, name: str = "", **values: Any) -> str:
        """The words of `section.name`; a section that is one sentence takes no name.

        Raises:
            KeyError: Neither the provider nor the core has them.
        """
        found = self._find(section, name)
        if found is None:
            raise KeyError(f"{section}.{name}")
        return texts.filled(self.language, found, values)

    def has(self, section: str, name: str = "") -> bool:
        """True when there are words for it."""
        return self._find(section, name) is not None

    def _find(self, section: str, name: str) -> texts.Sentence | None:
        own = self.own.get(section)
        if not name:
            return own if isinstance(own, str) else None
        if isinstance(own, dict) and name in own:
            sentence: texts.Sentence = own[name]
            return sentence
        shared = texts.area_words(self.language, "shared")
        # One word may mean another thing elsewhere: messages of a mailbox are letters.
        return shared.get(f"{section}.{self.category}.{name}") or shared.get(f"{section}.{name}")


@cache
def words(provider: str, language: str) -> ProviderWords:
    """The words of a provider in one language."""
    file = _folder(provider) / "texts" / f"{language}.json"
    own = json.loads(file.read_text(encoding="utf-8"))
    return ProviderWords(language, manifest(provider).category.value, own)


def _folder(provider: str) -> Path:
    file = part(provider, "manifest").__file__
    if file is None:
        raise KeyError(provider)
    return Path(file).parent
