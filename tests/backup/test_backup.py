"""A backup taken in full work becomes the same desk elsewhere, all of it or nothing."""

import json
import stat
import threading
import zipfile

import pytest
import sqlalchemy as sa
from sqlmodel import select

from dashboard.backup import restore
from dashboard.backup.backup import take
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.store import dump, executors, migrate
from dashboard.store.actions import ActionRun
from dashboard.store.agents import Agent, AgentField
from dashboard.store.base import Store
from dashboard.vault import keys
from dashboard.vault.cipher import Keyring
from tests.backup.conftest import act


def ring(desk):
    return keys.load(desk.settings)


def contents(store):
    """Every row there is, table by table."""
    with dump.snapshot(store) as connection:
        return {one.name: list(dump.rows(connection, one)) for one in dump.shapes(connection)}


def job_states(store):
    with dump.snapshot(store) as connection:
        jobs = dump._table(connection, dump.JOBS)
        found = connection.execute(sa.select(jobs.c.workflow_uuid, jobs.c.status))
        return sorted(tuple(row) for row in found)


def contacts(desk):
    """How often the vendor in the box has heard of the action's contact."""
    with desk.store.transaction() as session:
        asked = sa.text("SELECT state FROM sandbox_world WHERE provider = 'kommo'")
        world = json.loads(session.connection().execute(asked).scalar_one())
    return json.dumps(world, ensure_ascii=False).count("Контакт first")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_restored_desk_holds_exactly_what_was_backed_up(full, database, opened, tmp_path, kind):
    manifest = take(full.store, full.audit, tmp_path / "desk.backup")
    before = contents(full.store)
    desk = opened(database(kind, tables=False))
    restore.restore(desk.store, tmp_path / "desk.backup", ring(full))
    after = contents(desk.store)
    said = after["audit_entry"].pop()
    # The head counts the entry about the restoring itself.
    before.pop("audit_head"), after.pop("audit_head")

    assert after == before
    assert "desk.restored" in said
    assert sum(map(len, before.values())) + 1 == manifest.rows
    assert len(before["record"]) > 10
    assert len(before[dump.JOBS]) == 3
    desk.vault.check_key(desk.store)
    assert desk.audit.verify(desk.store).ok
    desk.agents.create(SYSTEM, "После")
    assert desk.audit.verify(desk.store).ok


def test_a_backup_in_full_work_is_of_one_moment(full, database, opened, tmp_path):
    """Pairs are written in one transaction each; a half one would be a torn backup."""
    agent = full.agents.all(SYSTEM)[0]
    stop, written = threading.Event(), []

    def write():
        while not stop.is_set():
            with full.store.transaction() as session:
                for side in ("left", "right"):
                    name = f"{side}_{len(written)}"
                    session.add(AgentField(agent_id=agent.id, name=name, label=side))
                    session.flush()
                    # The journal is dumped before the agents' fields, the records after them.
                    full.audit.write(session, SYSTEM, "agent.field_added", agent_id=agent.id)
            written.append(1)

    writing = threading.Thread(target=write)
    writing.start()
    sizes = []
    for number in range(3):
        take(full.store, full.audit, tmp_path / f"{number}.backup")
        sizes.append(len(written))
    stop.set()
    writing.join(30)
    desk = opened(database("sqlite"))
    restore.restore(desk.store, tmp_path / "2.backup", ring(full))
    with desk.store.transaction() as session:
        sides = [field.label for field in session.exec(select(AgentField))]
        entries = (
            desk.store.on_postgres
            or session.connection()
            .execute(sa.text("SELECT count(*) FROM audit_entry WHERE action = 'agent.field_added'"))
            .scalar_one()
        )

    assert sizes[0] < sizes[2], "nobody wrote meanwhile"
    assert sides.count("left") == sides.count("right") > 0
    assert entries == len(sides)
    assert desk.audit.verify(desk.store).ok


def test_what_was_done_is_not_done_again(small, database, opened, tmp_path):
    take(small.store, small.audit, tmp_path / "desk.backup")
    desk = opened(database("sqlite"))
    restore.restore(desk.store, tmp_path / "desk.backup", ring(small))
    had = contacts(desk)
    for tick in desk.jobs.ticks.values():
        tick()
    desk.jobs.drain()
    again = act(desk, "first")

    assert again.state == "succeeded"
    assert contacts(desk) == had > 0


def test_what_may_have_been_done_since_is_looked_up_before_it_is_done(
    small, database, opened, tmp_path
):
    run = act(small, "late")
    with small.store.transaction() as session:
        session.get_one(ActionRun, run.id).state = "approved"
    take(small.store, small.audit, tmp_path / "desk.backup")
    desk = opened(database("sqlite"))
    restore.restore(desk.store, tmp_path / "desk.backup", ring(small))
    with desk.store.transaction() as session:
        restored = session.get_one(ActionRun, run.id)

    assert (restored.state, restored.attempts) == ("running", 1)
    assert restored.started_at is not None


def test_running_jobs_wait_again_and_names_stay_taken(small, database, opened, tmp_path):
    with small.store.transaction() as session:
        one = job_states(small.store)[0][0]
        text = (
            "UPDATE workflow_status SET status='PENDING', executor_id='x' WHERE workflow_uuid=:id"
        )
        session.connection().execute(sa.text(text), {"id": one})
    with small.store.transaction() as session:
        two = job_states(small.store)[1][0]
        text = "UPDATE workflow_status SET status='SUCCESS' WHERE workflow_uuid=:id"
        session.connection().execute(sa.text(text), {"id": two})
    take(small.store, small.audit, tmp_path / "desk.backup")
    desk = opened(database("sqlite"))
    restore.restore(desk.store, tmp_path / "desk.backup", ring(small))

    states = dict(job_states(desk.store))
    assert (states[one], states[two]) == ("ENQUEUED", "SUCCESS")
    assert list(states.values()).count("ENQUEUED") == 2


def test_the_file_has_neither_the_key_nor_another_reader(small, tmp_path):
    path = tmp_path / "desk.backup"
    manifest = take(small.store, small.audit, path)
    key = (small.settings.data_dir / keys.FILE).read_bytes()
    with zipfile.ZipFile(path) as file:
        whole = b"".join(file.read(name) for name in file.namelist())

    assert key not in whole
    assert ring(small).current not in whole
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(manifest.keys) == [ring(small).fingerprint]
    assert not list(tmp_path.glob("*.part"))


def test_a_database_in_use_is_not_filled(small, tmp_path):
    take(small.store, small.audit, tmp_path / "desk.backup")
    small.agents.create(SYSTEM, "Новый")
    with pytest.raises(Refusal) as refused:
        restore.restore(small.store, tmp_path / "desk.backup", ring(small))

    assert refused.value.code == "backup.not_empty"
    assert len(small.agents.all(SYSTEM)) == 2


def test_by_force_the_backup_takes_the_place_of_everything(small, tmp_path):
    take(small.store, small.audit, tmp_path / "desk.backup")
    before = contents(small.store)
    small.agents.create(SYSTEM, "Новый")
    restore.replace(small.store, tmp_path / "desk.backup", ring(small))
    after = contents(small.store)
    after["audit_entry"].pop()
    before.pop("audit_head"), after.pop("audit_head")

    assert after == before


def test_not_even_by_force_while_processes_are_at_work(small, tmp_path):
    take(small.store, small.audit, tmp_path / "desk.backup")
    with small.store.transaction() as session:
        executors.join(session, "host-1-abc", "worker")
    with pytest.raises(Refusal) as refused:
        restore.replace(small.store, tmp_path / "desk.backup", ring(small))

    assert refused.value.code == "backup.at_work"
    assert "host-1-abc" in refused.value.values["processes"]


def test_without_the_right_key_nothing_is_restored(small, store, tmp_path):
    take(small.store, small.audit, tmp_path / "desk.backup")
    with pytest.raises(Refusal) as refused:
        restore.restore(store, tmp_path / "desk.backup", Keyring(b"x" * 32))

    assert refused.value.code == "backup.other_key"
    assert refused.value.values["expected"] == ring(small).fingerprint
    assert not sa.inspect(store.engine).get_table_names()


def spoilt(path, name, change):
    """A copy of the backup with one member changed."""
    to = path.with_suffix(".spoilt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for member in old.namelist():
            text = old.read(member)
            if member == name:
                text = change(text)
            if text is not None:
                new.writestr(member, text)
    return to


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("agent.jsonl", lambda text: text.replace("Продавец".encode(), "Подделка".encode())),
        ("record.jsonl", lambda text: text[: len(text) // 2]),
        ("connection.jsonl", lambda _text: None),
        ("manifest.json", lambda text: text.replace(b'"revision"', b'"reversion"')),
        ("manifest.sha256", lambda _text: None),
    ],
)
def test_a_damaged_file_is_refused_before_anything_is_touched(small, store, tmp_path, name, change):
    take(small.store, small.audit, tmp_path / "desk.backup")
    path = spoilt(tmp_path / "desk.backup", name, change)
    with pytest.raises(Refusal) as refused:
        restore.restore(store, path, ring(small))

    assert refused.value.code == "backup.damaged"
    assert not sa.inspect(store.engine).get_table_names()


def test_what_is_no_backup_is_refused(store, tmp_path):
    (tmp_path / "text").write_text("hello", encoding="utf-8")
    with pytest.raises(Refusal) as missing:
        restore.restore(store, tmp_path / "none", Keyring(b"x" * 32))
    with pytest.raises(Refusal) as odd:
        restore.restore(store, tmp_path / "text", Keyring(b"x" * 32))

    assert (missing.value.code, odd.value.code) == ("backup.no_file", "backup.damaged")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_restore_that_fails_half_way_leaves_nothing(small, database, tmp_path, monkeypatch, kind):
    take(small.store, small.audit, tmp_path / "desk.backup")
    target = Store(database(kind))
    read = restore.Reader.lines

    def torn(self, name):
        for number, line in enumerate(read(self, name)):
            if name == "sync_run" or (name == "record" and number == 5):
                raise OSError("the disk is gone")
            yield line

    monkeypatch.setattr(restore.Reader, "lines", torn)
    with pytest.raises(OSError, match="gone"):
        restore.restore(target, tmp_path / "desk.backup", ring(small))
    with target.engine.connect() as connection:
        empty = dump.is_empty(connection)
    monkeypatch.undo()
    restore.restore(target, tmp_path / "desk.backup", ring(small))
    with target.transaction() as session:
        names = [agent.name for agent in session.exec(select(Agent))]
    target.close()

    assert empty
    assert names == ["Продавец"]


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(opened, database, tmp_path):
    old = opened(database("sqlite", "old", tables=False))
    migrate.upgrade(old.store, "0001")
    with old.store.engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO agent VALUES ('agt_1', 'Давний', '{}', '2026-01-01 00:00:00')")
        )
    _written_as_of(old.store, "0001", tmp_path / "old.backup")
    new = opened(database("sqlite", tables=False))
    restore.restore(new.store, tmp_path / "old.backup", ring(new))

    assert [agent.name for agent in new.agents.all(SYSTEM)] == ["Давний"]
    with new.store.engine.connect() as connection:
        assert dump.revision(connection) > "0001"


def _written_as_of(store, revision, path):
    """What `take` of that version wrote."""
    from dashboard.backup import archive

    with archive.writing(path) as writer, dump.snapshot(store) as connection:
        there = sa.inspect(connection)
        names = [n for n in there.get_table_names() if n in migrate.metadata().tables]
        shapes = [
            dump.Shape(name=name, columns=tuple(dump._table(connection, name).columns.keys()))
            for name in names
            if name not in dump.PASSING
        ]
        tables = [writer.table(s.name, s.columns, dump.rows(connection, s)) for s in shapes]
        manifest = archive.Manifest(
            made_at="", database="sqlite", revision=revision, keys={}, tables=tables
        )
        writer.manifest(manifest)


def test_a_backup_of_a_later_version_is_refused(small, store, tmp_path):
    take(small.store, small.audit, tmp_path / "desk.backup")
    with small.store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refusal) as refused:
        take(small.store, small.audit, tmp_path / "later.backup")
    _written_as_of(small.store, "9999", tmp_path / "later.backup")
    with pytest.raises(Refusal) as unknown:
        restore.restore(store, tmp_path / "later.backup", ring(small))

    assert refused.value.code == "backup.migrate_first"
    assert unknown.value.code == "backup.unknown_revision"
