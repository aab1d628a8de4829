"""Backup, restore and change of the key, as an operator types them."""

import pytest

from dashboard.contracts.people import SYSTEM
from dashboard.store import executors
from dashboard.vault import keys
from tests import fresh


@pytest.fixture
def elsewhere(desk, run, monkeypatch, tmp_path):
    """elsewhere(...) runs a command in an empty data folder, with the desk's key or without."""

    url = fresh.empty_url()

    def go(*words, key=True):
        folder = tmp_path / "elsewhere"
        folder.mkdir(exist_ok=True)
        if key:
            keys.replace(folder / keys.FILE, keys.load(desk.settings).all)
        monkeypatch.setenv("INTEGRATIONS_DATA_DIR", str(folder))
        monkeypatch.setenv("INTEGRATIONS_DATABASE_URL", url)
        return run(*words)

    return go


def fingerprint(desk):
    return keys.load(desk.settings).fingerprint


def test_a_backup_says_loudly_which_key_it_needs(desk, run, tmp_path):
    answer = run("backup", tmp_path / "desk.backup")

    assert answer.exit_code == 0
    assert "THE VAULT KEY IS NOT IN THE BACKUP" in answer.output
    assert fingerprint(desk) in answer.output


def test_a_desk_moves_with_its_backup_and_its_key(desk, run, elsewhere, tmp_path):
    agents = {agent.id for agent in desk.agents.all(SYSTEM)}
    run("backup", tmp_path / "desk.backup")
    restored = elsewhere("restore", tmp_path / "desk.backup")
    token = elsewhere("token", "create", "--name", "x", "--agent", agents.pop())

    assert restored.exit_code == 0, restored.output
    assert token.exit_code == 0, token.output


def test_without_a_key_none_is_made_up(desk, run, elsewhere, tmp_path):
    run("backup", tmp_path / "desk.backup")
    answer = elsewhere("restore", tmp_path / "desk.backup", key=False)

    assert answer.exit_code == 1
    assert fingerprint(desk) in answer.output
    assert not (tmp_path / "elsewhere" / keys.FILE).exists()


def test_a_database_in_use_is_restored_only_by_force(run, tmp_path):
    run("backup", tmp_path / "desk.backup")
    refused = run("restore", tmp_path / "desk.backup")
    forced = run("restore", tmp_path / "desk.backup", "--force")

    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert forced.exit_code == 0, forced.output


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_file_that_cannot_be_used_is_told(run, command):
    answer = run(command, "/proc/none/desk.backup")

    assert answer.exit_code == 1
    assert "/proc/none/desk.backup" in answer.output


def test_a_new_key_is_in_force_and_the_old_one_kept(desk, run):
    old = fingerprint(desk)
    answer = run("rotate-key")

    assert answer.exit_code == 0, answer.output
    assert fingerprint(desk) != old
    assert fingerprint(desk) in answer.output
    assert f"{keys.FILE}.retired-{old}" in answer.output
    assert run("token", "list").exit_code == 0


def test_a_prepared_key_can_be_turned_back(desk, run):
    old = fingerprint(desk)
    prepared, back = run("rotate-key", "--prepare"), run("rotate-key", "--back")

    assert prepared.exit_code == back.exit_code == 0
    assert fingerprint(desk) == old
    assert "no change of the key" in run("rotate-key", "--back").output.lower()


def test_other_machines_get_the_key_first(desk, run):
    with desk.store.transaction() as session:
        executors.join(session, "other-host-12-abcdef", "worker")
    refused = run("rotate-key")
    run("rotate-key", "--prepare")

    assert refused.exit_code == 1
    assert "other-host" in refused.output
    assert run("rotate-key").exit_code == 0


def test_a_key_of_the_environment_needs_the_previous_one_too(desk, run, monkeypatch):
    old, new = keys.load(desk.settings), b"n" * 32
    encoded = {name: _text(key) for name, key in (("old", old.current), ("new", new))}
    monkeypatch.setenv("INTEGRATIONS_KEY", encoded["old"])
    refused = run("rotate-key")
    monkeypatch.setenv("INTEGRATIONS_KEY", encoded["new"])
    monkeypatch.setenv("INTEGRATIONS_PREVIOUS_KEYS", encoded["old"])
    done = run("rotate-key")
    monkeypatch.delenv("INTEGRATIONS_PREVIOUS_KEYS")

    assert "INTEGRATIONS_PREVIOUS_KEYS" in refused.output
    assert done.exit_code == 0, done.output
    assert run("token", "list").exit_code == 0


def _text(key):
    import base64

    return base64.b64encode(key).decode()
