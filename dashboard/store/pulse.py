"""Is the database there, and how much of what is in it."""

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import col, select

from dashboard.store import migrate
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from dashboard.store.sync import SyncRun


def answers(store: Store) -> bool:
    """True when the database answers."""
    try:
        with store.transaction() as session:
            return session.exec(select(sa.literal(1))).first() == 1
    except sa.exc.SQLAlchemyError:
        return False


def is_current(store: Store) -> bool:
    """True when no migration is missing."""
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    wanted = ScriptDirectory.from_config(config).get_current_head()
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == wanted


def counts(session: Session) -> dict[str, dict[str, int]]:
    """How many rows are in each state, by kind of row."""
    kinds = {
        "connections": Connection.state,
        "sync_runs": SyncRun.state,
        "events": Event.state,
        "deliveries": Delivery.state,
        "action_runs": ActionRun.state,
    }
    return {
        name: dict(session.exec(select(state, sa.func.count()).group_by(col(state))).all())
        for name, state in kinds.items()
    }
