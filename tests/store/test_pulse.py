"""What an operator is told about the database."""

import sqlalchemy as sa

from dashboard.store import migrate, pulse


def test_kind_version_and_durable_settings_are_told(empty_store):
    about = pulse.about(empty_store)

    assert about.kind == empty_store.engine.dialect.name
    assert any(part.isdigit() for part in about.version)
    names = {setting.partition("=")[0] for setting in about.settings}
    assert names >= ({"fsync"} if empty_store.on_postgres else {"journal_mode", "synchronous"})


def test_a_setting_that_could_lose_a_commit_is_named(empty_store):
    with empty_store.engine.connect() as connection:
        name = "synchronous_commit" if empty_store.on_postgres else "synchronous"
        text = f"SET {name} = off" if empty_store.on_postgres else f"PRAGMA {name} = OFF"
        connection.exec_driver_sql(text)
        connection.commit()
    # The pool hands out the same connection again.
    about = pulse.about(empty_store)

    assert name in about.risky


def test_a_database_is_current_when_nothing_is_missing(empty_store):
    before = pulse.is_current(empty_store)
    migrate.upgrade(empty_store)
    after = pulse.is_current(empty_store)
    with empty_store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))

    assert (before, after, pulse.is_current(empty_store)) == (False, True, False)


def test_the_databases_clock_is_near_ours(empty_store):
    from dashboard import clock

    with empty_store.transaction() as session:
        assert abs(pulse.seconds(session) - clock.now().timestamp()) < 60
