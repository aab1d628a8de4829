"""The details of a journal entry as people read them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dashboard import registry
from dashboard.queries.journal import Entry
from dashboard.ui import checks, wording
from dashboard.ui.session import say
from dashboard.ui.wording import said

# Key -> the kind of word its values are in a provider's own texts.
_OF_PROVIDER = {
    "stream": "streams",
    "event": "events",
    "events": "events",
    "action": "actions",
    "fields": "fields",
    "changed": "fields",
}
# Key -> where the core's sentences for its values are, the first that fits.
_OF_CORE = {
    "role": ("common.role",),
    "environment": ("shared.environments",),
    "state": ("syncpage.state", "agentspage.state"),
    "reason": ("syncpage.reason",),
    "decision": ("agentspage.decision",),
}
_CODES = ("code", "error", "why_not", "reason")
_NAMES = {"sandbox.fault": "faults", "sandbox.gesture": "gestures", "event.dead": "events"}


# A line of the table holds about so many values of a list; the chosen row tells them all.
FEW = 3


def told(entry: Entry) -> str:
    """The details in one line; what says nothing is left out, long lists end in a number."""
    return "; ".join(f"{name}: {value}" for name, value in _facts(entry, FEW).items())


def facts(entry: Entry) -> dict[str, str]:
    """Names of the details and all that they say; ids stay as they are."""
    return _facts(entry, 0)


def _facts(entry: Entry, most: int) -> dict[str, str]:
    """At most so many values of each list; 0 for all."""
    found = {}
    for name, value in entry.detail.items():
        if value in (None, "", [], {}, False):
            continue
        if most and isinstance(value, list) and len(value) > most + 1:
            few = _value(entry, name, value[:most])
            found[_name(name)] = f"{few} {say('journal.more', count=len(value) - most)}"
        else:
            found[_name(name)] = _value(entry, name, value)
    return found


def _name(name: str) -> str:
    key = f"journal.detail.{name}"
    return say(key) if wording.known(key) else name.replace("_", " ").capitalize()


def _value(entry: Entry, name: str, value: Any) -> str:
    if value is True:
        return say("common.yes")
    if isinstance(value, Mapping):
        return ", ".join(f"{_name(key).lower()} {one}" for key, one in value.items())
    word = partial(_word, entry, name)
    return ", ".join(map(word, value)) if isinstance(value, list) else word(value)


def _word(entry: Entry, name: str, value: object) -> str:
    text = str(value)
    for place in _OF_CORE.get(name, ()):
        if wording.known(f"{place}.{text}"):
            return say(f"{place}.{text}")
    if name in _CODES and wording.is_code(text, entry.provider):
        return wording.problem(text, entry.provider)
    return _of_provider(entry, name, text)


def _of_provider(entry: Entry, name: str, text: str) -> str:
    section = _NAMES.get(entry.action, "") if name == "name" else _OF_PROVIDER.get(name, "")
    if entry.provider not in registry.ids():
        return text
    if name in ("failed", "checks"):
        return checks.name(entry.provider, text)
    if section and wording.has_said(entry.provider, section, text):
        return said(entry.provider, section, text)
    return text
