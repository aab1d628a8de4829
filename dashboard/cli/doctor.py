"""What `doctor` looks at, in the order it would break."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa

from dashboard.cli import doctor_address, doctor_database, doctor_machine
from dashboard.cli.explain import refusal_in_words
from dashboard.cli.finding import Finding, State, broken
from dashboard.contracts.errors import Refusal
from dashboard.settings import Settings
from dashboard.store import pulse
from dashboard.store.base import Store
from dashboard.vault import keys
from dashboard.vault.cipher import Keyring

__all__ = ["State", "as_json", "as_text", "checks"]

MARKS = {State.OK: "ok  ", State.WARN: "WARN", State.FAIL: "FAIL"}


def checks(settings: Settings) -> list[Finding]:
    """Everything that was found; nothing is changed or made."""
    found = [*doctor_machine.versions(), *doctor_machine.folder(settings)]
    ring, trouble = _ring(settings)
    found += trouble
    # A database file that is not there must not come into being by being looked for.
    if _is_missing(settings):
        found.append(broken("database", "none", path=settings.data_dir))
    else:
        with closing(Store(settings.database)) as store:
            found += _in_database(store, settings, ring)
    return [*found, *doctor_address.address(settings, ring)]


def as_text(found: list[Finding]) -> str:
    """For people: a line each, and under it what to do."""
    lines: list[str] = []
    for one in found:
        lines.append(f"{MARKS[one.state]} {one.check}: {one.told}")
        if one.how:
            lines.append(f"       {one.who}: {one.how}")
    return "\n".join(lines)


def as_json(found: list[Finding]) -> str:
    """For programs: a list of {check, state, told, who, how}."""
    return json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1)


Look = Callable[[Store, Settings, Keyring | None], Iterator[Finding]]


def _in_database(store: Store, settings: Settings, ring: Keyring | None) -> Iterator[Finding]:
    if not pulse.answers(store):
        yield broken("database", "silent")
        return
    yield from doctor_database.database(store)
    if not pulse.is_current(store):
        yield broken("migrations", "behind")
        return
    looks: tuple[Look, ...] = (
        doctor_database.migrations,
        doctor_database.key,
        doctor_database.clock,
        doctor_database.connections,
        doctor_database.queue,
        doctor_address.apps,
    )
    for look in looks:
        try:
            yield from look(store, settings, ring)
        except sa.exc.SQLAlchemyError as error:
            yield broken("database", "odd", error=type(error).__name__)


def _ring(settings: Settings) -> tuple[Keyring | None, list[Finding]]:
    path = settings.data_dir / keys.FILE
    if not settings.key.get_secret_value() and not path.exists():
        return None, [broken("key", "none", path=path)]
    try:
        return keys.load(settings), doctor_machine.key_file(settings, path)
    except Refusal as refusal:
        return None, [broken("key", "bad", reason=refusal_in_words(refusal))]
    except OSError:
        return None, [broken("key", "unreadable", path=path)]


def _is_missing(settings: Settings) -> bool:
    if not settings.database.startswith("sqlite:///"):
        return False
    return not Path(settings.database.removeprefix("sqlite:///")).exists()
