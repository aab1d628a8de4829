"""Puts a backup into a database: all of it or nothing."""

from collections.abc import Iterable
from pathlib import Path

from dashboard.audit.log import Audit
from dashboard.backup.archive import Manifest, Reader
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.store import dump, executors, migrate
from dashboard.store.base import Session, Store
from dashboard.vault.cipher import Keyring
from dashboard.vault.own_keys import own_key
from dashboard.vault.vault import Vault

# A process that was heard of within so many seconds is at work.
ALIVE_SECONDS = 15.0


def restore(store: Store, path: Path, ring: Keyring) -> Manifest:
    """Fill an empty database.

    Args:
        ring: The vault keys that will be used with it.
    Raises:
        Refusal: `backup.not_empty`, `backup.other_key`, `backup.unknown_revision`, or what is
            wrong with the file. Nothing was changed then.
    """
    reader = _fitting(path, ring)
    with store.engine.connect() as connection:
        if dump.has_tables(connection) and not dump.is_empty(connection):
            raise Refusal("backup.not_empty", 409)
    return _put(store, reader, ring)


def replace(store: Store, path: Path, ring: Keyring) -> Manifest:
    """Put a backup in place of everything there is.

    Raises:
        Refusal: As `restore`, but for `backup.not_empty`; `backup.at_work` while processes use
            the database.
    """
    reader = _fitting(path, ring)
    with store.engine.connect() as connection:
        there = dump.has_tables(connection)
    if there:
        with store.transaction() as session:
            if alive := executors.living(session, ALIVE_SECONDS):
                values = {"processes": ", ".join(one.id for one in alive)}
                raise Refusal("backup.at_work", 409, values=values)
    return _put(store, reader, ring)


def _fitting(path: Path, ring: Keyring) -> Reader:
    reader = Reader(path)
    missing = [key for key in reader.manifest.keys if ring.key(key) is None]
    if missing:
        values = {"expected": ", ".join(sorted(missing)), "given": ring.fingerprint}
        raise Refusal("backup.other_key", 409, values=values)
    if reader.manifest.revision not in migrate.revisions():
        values = {"revision": reader.manifest.revision}
        raise Refusal("backup.unknown_revision", 409, values=values)
    return reader


def _put(store: Store, reader: Reader, ring: Keyring) -> Manifest:
    """Tables of the backup's version, the rows in one transaction, then today's version."""
    manifest = reader.manifest
    _make_tables(store, manifest)
    shapes = [dump.Shape(name=one.name, columns=one.columns) for one in manifest.tables]
    with store.transaction() as session:
        migrate.hold(session)
        dump.clear(session, [one.name for one in shapes])
        dump.put(session, shapes, reader.lines)
        _compare(session, manifest)
        dump.settle(session)
    migrate.upgrade(store)
    # The journal goes on under the seal that it was backed up with.
    audit = Audit(own_key(Vault(ring), "journal"))
    audit.begin(store)
    with store.transaction() as session:
        detail = {"made_at": manifest.made_at, "rows": manifest.rows}
        audit.write(session, SYSTEM, "desk.restored", detail=detail)
    return manifest


def _make_tables(store: Store, manifest: Manifest) -> None:
    with store.engine.connect() as connection:
        there = dump.revision(connection) if dump.has_tables(connection) else ""
    if there and there != manifest.revision:
        values = {"backup": manifest.revision, "database": there}
        raise Refusal("backup.other_revision", 409, values=values)
    if not there:
        migrate.upgrade(store, manifest.revision)


def _compare(session: Session, manifest: Manifest) -> None:
    differing: Iterable[str] = (
        table.name for table in manifest.tables if dump.count(session, table.name) != table.rows
    )
    for name in differing:
        raise Refusal("backup.damaged", 422, values={"where": name})
