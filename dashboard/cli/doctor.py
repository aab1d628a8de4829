"""What `doctor` looks at, each with a sentence an operator can act on."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from dashboard import clock
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.store import pulse
from dashboard.texts import say

_ENOUGH_BYTES = 512 * 1024 * 1024
_TOLERATED_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One thing looked at."""

    name: str
    ok: bool
    told: str


def checks(desk: Dashboard) -> list[Checked]:
    """Everything, in the order it would break. The public address also tells about the clock."""
    looks: tuple[Callable[[Dashboard], list[Checked]], ...] = (
        _database,
        _migrations,
        _key,
        _disk,
        _address,
    )
    return [found for look in looks for found in look(desk)]


def _database(desk: Dashboard) -> list[Checked]:
    if pulse.answers(desk.store):
        return [Checked(name="database", ok=True, told=desk.store.engine.dialect.name)]
    told = "does not answer; check INTEGRATIONS_DATABASE_URL and INTEGRATIONS_DATA_DIR"
    return [Checked(name="database", ok=False, told=told)]


def _migrations(desk: Dashboard) -> list[Checked]:
    if not pulse.answers(desk.store):
        return [Checked(name="migrations", ok=False, told="cannot be read")]
    if pulse.is_current(desk.store):
        return [Checked(name="migrations", ok=True, told="up to date")]
    told = "behind; run `python -m dashboard migrate`"
    return [Checked(name="migrations", ok=False, told=told)]


def _key(desk: Dashboard) -> list[Checked]:
    if not pulse.answers(desk.store) or not pulse.is_current(desk.store):
        return [Checked(name="key", ok=False, told="cannot be compared before migration")]
    try:
        desk.vault.check_key(desk.store)
    except Refusal as refusal:
        told = say("en", refusal.code, **(refusal.values or {}))
        return [Checked(name="key", ok=False, told=told)]
    return [Checked(name="key", ok=True, told="opens the secrets in the database")]


def _disk(desk: Dashboard) -> list[Checked]:
    folder = desk.settings.data_dir
    if not folder.is_dir():
        return [Checked(name="disk", ok=False, told=f"{folder} is no folder; `run` creates it")]
    free = shutil.disk_usage(folder).free
    told = f"{free // 1024**2} MiB free in {folder}"
    return [Checked(name="disk", ok=free >= _ENOUGH_BYTES, told=told)]


def _address(desk: Dashboard) -> list[Checked]:
    url = desk.settings.public_url
    try:
        answer = httpx.get(f"{url}/healthz", timeout=5)
    except httpx.HTTPError as error:
        told = f"{url} does not answer ({type(error).__name__}); is the desk running?"
        return [Checked(name="public URL", ok=False, told=told)]
    here = Checked(name="public URL", ok=answer.status_code == 200, told=f"{url} answers")
    return [here, *_clock(answer)]


def _clock(answer: httpx.Response) -> list[Checked]:
    told = answer.headers.get("date", "")
    if not told:
        return []
    off = abs((clock.now() - parsedate_to_datetime(told)).total_seconds())
    fits = off < _TOLERATED_SECONDS
    return [Checked(name="clock", ok=fits, told=f"{off:.0f} s from the web server's")]
