"""Backup, restore, and a new vault key."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.cli.desk import assembled
from dashboard.cli.explain import explained, tell
from dashboard.contracts.errors import Refusal
from dashboard.settings import Settings

if TYPE_CHECKING:
    from dashboard.assembly import Dashboard
    from dashboard.vault.cipher import Keyring

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@_FILE
def backup(file: Path) -> None:
    """Write the whole desk into FILE while it goes on working.

    The file is of one moment, has checksums, and fits SQLite and PostgreSQL alike: restoring it
    on the other kind moves the desk there. The vault key is NOT in it; keep it elsewhere.
    """
    from dashboard.backup.backup import take

    with explained(), assembled() as desk:
        made = take(desk.store, desk.audit, file)
    values = {"rows": made.rows, "tables": len(made.tables), "made_at": made.made_at}
    click.echo(tell("backup.taken", **values, path=file))
    click.echo(tell("backup.key_not_in_it", keys=", ".join(sorted(made.keys)) or "—"))
    click.echo(tell("backup.personal"))


@click.command()
@_FILE
@click.option("--force", is_flag=True, help="Delete everything that is in the database now.")
def restore(file: Path, *, force: bool) -> None:
    """Put the backup FILE into the database of INTEGRATIONS_DATABASE_URL: all of it or nothing.

    The database must be empty, and the vault key that sealed the backup must be in place.
    """
    from dashboard.backup import restore as room
    from dashboard.store.base import Store

    put = room.replace if force else room.restore
    with explained():
        settings = Settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with closing(Store(settings.database)) as store:
            made = put(store, file, _ring(settings, file))
    click.echo(tell("backup.restored", rows=made.rows, made_at=made.made_at))
    click.echo(tell("backup.restored_next"))


@click.command("rotate-key")
@click.option("--prepare", is_flag=True, help="Only write the new key beside the old one.")
@click.option("--back", is_flag=True, help="Go back to the old key, while both are in the file.")
def rotate_key(*, prepare: bool, back: bool) -> None:
    """Put a new vault key in force while everything goes on working.

    Stopped in the middle it loses nothing: run it again and it goes on, or give --back. Machines
    with a key file of their own need --prepare first, and the file copied to them. A key from
    INTEGRATIONS_KEY is changed by starting everything with the new one there and the old one in
    INTEGRATIONS_PREVIOUS_KEYS, and then running this.
    """
    with explained(), assembled() as desk:
        if desk.settings.key.get_secret_value():
            _rotate_environment(desk)
        else:
            _rotate_file(desk, prepare=prepare, back=back)


def _ring(settings: Settings, file: Path) -> "Keyring":
    """The keys at hand; none is made, since only the backup's own would do."""
    from dashboard.backup.archive import Reader
    from dashboard.vault import keys

    path = settings.data_dir / keys.FILE
    if not settings.key.get_secret_value() and not path.exists():
        expected = ", ".join(sorted(Reader(file).manifest.keys)) or "—"
        raise Refusal("vault.no_key_file", values={"path": str(path), "expected": expected})
    return keys.load(settings)


def _rotate_environment(desk: "Dashboard") -> None:
    from dashboard.vault import keys

    ring = keys.load(desk.settings)
    if not ring.older:
        raise Refusal("vault.needs_previous", 409)
    _reseal(desk, ring)
    click.echo(tell("cli.rotation_env_next"))


def _rotate_file(desk: "Dashboard", *, prepare: bool, back: bool) -> None:
    from dashboard.vault import keys, rotation

    file = desk.settings.data_dir / keys.FILE
    if back:
        ring = rotation.turn_back(file)
    else:
        if not prepare and not keys.read(file).older:
            _be_on_one_machine(desk)
        ring = rotation.prepare(file)
    if prepare:
        click.echo(tell("cli.rotation_prepared", path=file))
        return
    _reseal(desk, ring)
    for kept in rotation.finish(file, ring):
        click.echo(tell("cli.rotation_keep", path=kept))


def _be_on_one_machine(desk: "Dashboard") -> None:
    import socket

    from dashboard.backup.restore import ALIVE_SECONDS
    from dashboard.store import executors

    with desk.store.transaction() as session:
        alive = executors.living(session, ALIVE_SECONDS)
    others = {one.id.rsplit("-", 2)[0] for one in alive} - {socket.gethostname()}
    if others:
        raise Refusal("vault.other_machines", 409, values={"hosts": ", ".join(sorted(others))})


def _reseal(desk: "Dashboard", ring: "Keyring") -> None:
    from dashboard.contracts.people import SYSTEM
    from dashboard.vault import rotation

    def told(count: int) -> None:
        click.echo(tell("cli.rotating", count=count), err=True)

    done = rotation.reseal(desk.store, ring, told)
    with desk.store.transaction() as session:
        detail = {"fingerprint": done.fingerprint, "resealed": done.resealed}
        desk.audit.write(session, SYSTEM, "desk.key_rotated", detail=detail)
    click.echo(tell("cli.rotated", fingerprint=done.fingerprint, count=done.resealed))
    if done.unreadable:
        click.echo(tell("cli.rotation_unreadable", places=", ".join(done.unreadable)))
