"""Databases bring themselves up to date, whoever starts first."""

import os
import subprocess
import sys

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dashboard.store import migrate
from dashboard.store.agents import Agent

START = """
import sys
from dashboard.store import migrate
from dashboard.store.base import Store
store = Store(sys.argv[1])
migrate.upgrade(store)
store.close()
"""


def differences(store):
    options = {"compare_type": True, "include_object": migrate.is_ours}
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, migrate.metadata())


def test_migrations_make_exactly_the_tables_of_the_code(empty_store):
    migrate.upgrade(empty_store)

    assert differences(empty_store) == []


def test_a_missing_column_would_be_noticed(empty_store):
    migrate.upgrade(empty_store)
    with empty_store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE agent DROP COLUMN sample"))

    assert differences(empty_store) != []


def test_upgrading_again_keeps_what_is_there(empty_store):
    migrate.upgrade(empty_store)
    with empty_store.transaction() as session:
        session.add(Agent(id="agt_1", name="Анна"))
    migrate.upgrade(empty_store)

    with empty_store.transaction() as session:
        assert session.get_one(Agent, "agt_1").name == "Анна"


def test_processes_that_start_together_do_not_collide(empty_store):
    starting = [
        subprocess.Popen([sys.executable, "-c", START, empty_store.url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    told = [process.communicate(timeout=60)[1] for process in starting]

    assert [process.returncode for process in starting] == [0, 0, 0], told
    assert differences(empty_store) == []


def test_jobs_can_be_enqueued_right_after_the_upgrade(empty_store):
    migrate.upgrade(empty_store)

    schema = "dbos" if empty_store.on_postgres else None
    assert "workflow_status" in sa.inspect(empty_store.engine).get_table_names(schema)


def test_the_newest_revision_is_the_one_that_alembic_finds():
    script = ScriptDirectory(migrate.MIGRATIONS)

    assert migrate.head() == script.get_current_head()
    assert set(migrate.revisions()) == {one.revision for one in script.walk_revisions()}


def test_a_start_on_a_migrated_database_needs_no_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    subprocess.run([sys.executable, "-c", START, url], check=True, timeout=60)
    again = f"{START}\nassert not [name for name in sys.modules if name.startswith('alembic')]"

    assert (
        subprocess.run([sys.executable, "-c", again, url], timeout=60, check=False).returncode == 0
    )


def test_pandas_is_not_needed_to_serve_the_first_page(tmp_path):
    serve = "import sys, streamlit_app; assert not {'pandas', 'alembic', 'dbos'} & set(sys.modules)"
    env = {**os.environ, "INTEGRATIONS_DATA_DIR": str(tmp_path)}
    root = migrate.MIGRATIONS.parents[2]

    done = subprocess.run(
        [sys.executable, "-c", serve], cwd=root, env=env, timeout=120, check=False
    )
    assert done.returncode == 0
