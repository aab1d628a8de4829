"""Takes a backup while everybody works."""

from pathlib import Path

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.backup import archive
from dashboard.backup.archive import Manifest
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.store import dump, pulse, secrets
from dashboard.store.base import Session, Store


def take(store: Store, audit: Audit, path: Path) -> Manifest:
    """Write the state of one moment into a file; the vault key is not in it.

    Raises:
        Refusal: `backup.migrate_first`: the database is not of this version.
        OSError: The file cannot be written.
    """
    if not pulse.is_current(store):
        raise Refusal("backup.migrate_first", 409)
    with store.transaction() as session:
        audit.write(session, SYSTEM, "desk.backed_up")
    with archive.writing(path) as writer, dump.snapshot(store) as connection:
        tables = [
            writer.table(shape.name, shape.columns, dump.rows(connection, shape))
            for shape in dump.shapes(connection)
        ]
        manifest = Manifest(
            made_at=clock.now().isoformat(),
            database=store.engine.dialect.name,
            revision=dump.revision(connection),
            keys=secrets.key_counts(Session(connection)),
            tables=tables,
        )
        writer.manifest(manifest)
    return manifest
