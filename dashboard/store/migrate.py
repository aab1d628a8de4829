"""Brings a database up to this version, by itself, at every start."""

import logging
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from dashboard import store as room
from dashboard.store.base import Session, Store, Table

if TYPE_CHECKING:
    from alembic.config import Config

_REVISION = re.compile(
    r'^revision = "(\w+)"$.*?^down_revision = (?:"(\w+)"|None)$', re.MULTILINE | re.DOTALL
)
MIGRATIONS = Path(__file__).with_name("migrations")
# Any number will do, as long as nothing else on the server locks it ("desk").
_LOCK = 0x6465736B


def upgrade(store: Store, revision: str = "head") -> None:
    """Apply what is missing: the desk's own tables, then those of the job engine.

    Of processes that start together one does it, while the others wait and then find it done.
    """
    if revision != "head" or current(store) != head():
        _apply(store, revision)
    _upgrade_jobs(store)


def head() -> str:
    """The newest revision there is. Alembic would say the same, after a fifth of a second."""
    follows = revisions()
    return next(iter(set(follows) - set(follows.values())))


def revisions() -> dict[str, str]:
    """Every revision, and the one before it; empty for the first."""
    files = (file.read_text(encoding="utf-8") for file in (MIGRATIONS / "versions").glob("*.py"))
    found = (_REVISION.search(text) for text in files)
    return {one[1]: one[2] or "" for one in found if one}


def current(store: Store) -> str:
    """The revision of a database, empty before its first."""
    with store.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return ""
        asked = sa.text("SELECT version_num FROM alembic_version")
        return str(connection.execute(asked).scalar() or "")


def _apply(store: Store, revision: str) -> None:
    from alembic import command

    with store.engine.begin() as connection:
        _be_alone(connection)
        command.upgrade(_config(connection), revision)


def hold(session: Session) -> None:
    """Let nobody migrate until this transaction ends; on SQLite nobody writes either."""
    _be_alone(session.connection())


def metadata() -> sa.MetaData:
    """Every table there is, whichever file of this room it stands in."""
    for module in pkgutil.iter_modules(room.__path__):
        if module.name not in ("migrate", "migrations"):
            import_module(f"{room.__name__}.{module.name}")
    return Table.metadata


def is_ours(
    _object: object,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001 - Alembic calls it by position
    _compare_to: object,
) -> bool:
    """False for the job engine's tables, which stand in the same database; for Alembic."""
    return not (kind == "table" and reflected and name not in metadata().tables)


def _config(connection: sa.Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _be_alone(connection: sa.Connection) -> None:
    """Hold back every other migrating process until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    else:
        # The driver begins a transaction only before it changes rows, and DDL is none.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _upgrade_jobs(store: Store) -> None:
    """Make the engine's tables now, since a job may be enqueued before any process works."""
    from dbos import DBOSClient

    logging.getLogger("dbos").setLevel(logging.WARNING)
    client = DBOSClient(system_database_engine=store.engine)
    client._sys_db.run_migrations()  # noqa: SLF001 - serialised by DBOS itself, on both databases
    client.destroy()
