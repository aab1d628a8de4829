"""The doctor on this machine: versions, data folder, key file."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from dashboard.cli.finding import Finding, broken, doubtful, fine
from dashboard.settings import Settings

ENOUGH_BYTES = 512 * 1024 * 1024
# Both are used through one private door each, which other versions may not have.
PINNED = {"dbos": "3.4.", "streamlit": "1.67."}


def versions() -> Iterator[Finding]:
    """The libraries that are pinned."""
    for name, wanted in PINNED.items():
        found = version(name)
        if found.startswith(wanted):
            yield fine("versions", name=name, found=found)
        else:
            yield broken("versions", "other", name=name, found=found, wanted=f"{wanted}*")


def folder(settings: Settings) -> Iterator[Finding]:
    """The data folder: there, writable, with room."""
    path = settings.data_dir.absolute()
    if not path.is_dir():
        yield broken("disk", "no_folder", path=path)
        return
    try:
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError:
        yield broken("disk", "read_only", path=path)
        return
    free = shutil.disk_usage(path).free
    values: dict[str, object] = {"path": path, "free": free // 1024**2}
    enough = free >= ENOUGH_BYTES
    yield fine("disk", "ok", **values) if enough else broken("disk", "full", **values)


def key_file(settings: Settings, path: Path) -> list[Finding]:
    """Who may read the key file."""
    if settings.key.get_secret_value():
        return []
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return [broken("key_file", "open", path=path, mode=f"{mode:04o}")]
    if path.with_name(f"{path.name}.next").exists():
        return [doubtful("key_file", "rotating", path=path)]
    return [fine("key_file", path=path, mode=f"{mode:04o}")]
