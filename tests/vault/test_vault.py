"""Secrets open only with their key, in their place, unchanged."""

import base64
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from dashboard.contracts.errors import Refusal
from dashboard.settings import Settings
from dashboard.store.connections import Secret
from dashboard.vault import keys
from dashboard.vault.cipher import Keyring
from dashboard.vault.vault import Vault, tail

OWNER = "connection:con_1"
OLD, NEW = b"o" * 32, b"n" * 32
TOGETHER = """
import sys
from pathlib import Path
from dashboard.settings import Settings
from dashboard.vault import keys
print(keys.load(Settings(data_dir=Path(sys.argv[1]))).fingerprint)
"""


@pytest.fixture
def vault():
    return Vault(Keyring(NEW))


def kept(store, vault, value="sk_live_4242", owner=OWNER, name="credentials"):
    with store.transaction() as session:
        vault.seal(session, owner, name, value)


def opened(store, vault, owner=OWNER, name="credentials"):
    with store.transaction() as session:
        return vault.open(session, owner, name)


def change(store, **values):
    with store.transaction() as session:
        session.connection().execute(sa.update(Secret).values(**values))


def test_what_was_sealed_can_be_opened(store, vault):
    kept(store, vault, "пароль")

    assert opened(store, vault) == "пароль"
    assert opened(store, vault, name="other") is None


def test_the_database_holds_no_plain_text(store, vault):
    kept(store, vault)

    with store.transaction() as session:
        row = session.get_one(Secret, (OWNER, "credentials"))
    assert b"4242" not in row.ciphertext
    assert len(row.nonce) == 12


def test_the_same_value_never_looks_the_same(store, vault):
    kept(store, vault, name="one")
    kept(store, vault, name="two")

    with store.transaction() as session:
        rows = session.exec(sa.select(Secret.nonce, Secret.ciphertext)).all()
    assert len({tuple(row) for row in rows}) == 2


@pytest.mark.parametrize("place", [{"owner": "connection:con_2"}, {"name": "hook_secret"}])
def test_a_row_moved_elsewhere_does_not_open(store, vault, place):
    kept(store, vault)
    change(store, **place)

    with pytest.raises(Refusal) as refused:
        opened(store, vault, **place)
    assert refused.value.code == "vault.unreadable"


def test_owner_and_name_cannot_be_shifted_against_each_other(store, vault):
    kept(store, vault, owner="a", name="bc")
    change(store, owner="ab", name="c")

    with pytest.raises(Refusal):
        opened(store, vault, owner="ab", name="c")


def test_a_changed_byte_does_not_open(store, vault):
    kept(store, vault)
    with store.transaction() as session:
        found = session.get_one(Secret, (OWNER, "credentials")).ciphertext
    change(store, ciphertext=bytes([found[0] ^ 1]) + found[1:])

    with pytest.raises(Refusal):
        opened(store, vault)


def test_sealing_again_replaces_what_was_read_in_the_same_transaction(store, vault):
    kept(store, vault, "old")
    with store.transaction() as session:
        before = vault.open(session, OWNER, "credentials")
        vault.seal(session, OWNER, "credentials", "new")
        after = vault.open(session, OWNER, "credentials")

    assert (before, after) == ("old", "new")


def test_one_or_all_secrets_of_an_owner_are_forgotten(store, vault):
    for name in ("one", "two", "three"):
        kept(store, vault, name=name)
    kept(store, vault, owner="connection:con_2", name="theirs")
    with store.transaction() as session:
        vault.forget(session, OWNER, "one")
        left = vault.names(session, OWNER)
        vault.forget(session, OWNER)
        none = vault.names(session, OWNER)
        theirs = vault.names(session, "connection:con_2")

    assert (sorted(left), none, theirs) == (["three", "two"], [], ["theirs"])


def test_an_older_key_still_opens_what_it_sealed(store):
    kept(store, Vault(Keyring(OLD)))

    assert opened(store, Vault(Keyring(NEW, older=(OLD,)))) == "sk_live_4242"
    with pytest.raises(Refusal):
        opened(store, Vault(Keyring(NEW)))


def test_a_database_of_another_key_is_refused_at_start_and_untouched(store):
    Vault(Keyring(OLD)).check_key(store)
    with pytest.raises(Refusal) as refused:
        Vault(Keyring(NEW)).check_key(store)

    Vault(Keyring(OLD)).check_key(store)
    assert refused.value.code == "vault.wrong_key"
    assert refused.value.values == {
        "expected": Keyring(OLD).fingerprint,
        "given": Keyring(NEW).fingerprint,
    }


def test_processes_that_start_together_agree_on_the_fingerprint(store, vault):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: vault.check_key(store), range(8)))

    assert opened(store, vault, "vault", "fingerprint") == "ok"


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path):
    first = keys.load(Settings(data_dir=tmp_path))
    again = keys.load(Settings(data_dir=tmp_path))

    file = tmp_path / "vault.key"
    assert first == again
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_processes_that_start_together_use_one_key(tmp_path):
    arguments = [sys.executable, "-c", TOGETHER, str(tmp_path)]
    starting = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {process.communicate(timeout=60)[0] for process in starting}

    assert [process.returncode for process in starting] == [0] * 4
    assert len(told) == 1


@pytest.mark.parametrize("key", ["short", "не base64", base64.b64encode(b"x" * 16).decode()])
def test_a_bad_key_is_refused_without_being_shown(tmp_path, key):
    with pytest.raises(Refusal) as refused:
        keys.load(Settings(data_dir=tmp_path, key=key))

    assert refused.value.code == "vault.bad_key"
    assert key not in repr(refused.value)


def test_a_keyring_shows_no_key():
    assert "nnnn" not in repr(Keyring(NEW, older=(OLD,)))
    assert "oooo" not in repr(Vault(Keyring(NEW, older=(OLD,))))


@pytest.mark.parametrize(
    ("value", "shown"), [("sk_live_4242", "••••4242"), ("12345678", "••••"), ("", "••••")]
)
def test_only_the_tail_of_a_secret_is_shown(value, shown):
    assert tail(value) == shown
