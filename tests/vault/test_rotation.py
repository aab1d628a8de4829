"""A new key comes into force while everybody works; nothing is lost wherever it stops."""

import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

from dashboard.contracts.errors import Refusal
from dashboard.store import secrets
from dashboard.vault import keys, rotation
from dashboard.vault.cipher import Keyring
from dashboard.vault.keys import KeyFile
from dashboard.vault.vault import Vault

COUNT = 350
BOTH = pytest.mark.parametrize("either_store", ["sqlite", "postgres"], indirect=True)
# What `rotate-key` does, held up after each batch so that it can be killed there.
SLOWLY = """
import sys, time
from pathlib import Path
from dashboard.store.base import Store
from dashboard.vault import rotation
store, file = Store(sys.argv[1]), Path(sys.argv[2])
def told(done):
    print(done, flush=True)
    time.sleep(60)
rotation.reseal(store, rotation.prepare(file), told)
"""
# Another process that seals and opens all the time and never hears of the rotation.
BYSTANDER = """
import sys
from pathlib import Path
from dashboard.store.base import Store
from dashboard.vault.keys import KeyFile
from dashboard.vault.vault import Vault
store, vault = Store(sys.argv[1]), Vault(KeyFile(Path(sys.argv[2])))
number = 0
while True:
    with store.transaction() as session:
        vault.seal(session, "bystander", str(number % 50), str(number))
    for place in (("bystander", str(number % 50), str(number)), ("con", "0", "value 0")):
        with store.transaction() as session:
            assert vault.open(session, *place[:2]) == place[2], place
    number += 1
    print(number, flush=True)
"""


@pytest.fixture
def file(tmp_path):
    return keys.made(tmp_path / keys.FILE)


@pytest.fixture
def sealed(either_store, file):
    """A database with many sealed values."""
    vault = Vault(KeyFile(file))
    vault.check_key(either_store)
    with either_store.transaction() as session:
        for number in range(COUNT):
            vault.seal(session, "con", str(number), f"value {number}")
    return either_store


def everything(store, ring):
    vault = Vault(ring)
    with store.transaction() as session:
        return [vault.open(session, "con", str(number)) for number in range(COUNT)]


def key_ids(store):
    with store.transaction() as session:
        return set(secrets.key_counts(session))


WHOLE = [f"value {number}" for number in range(COUNT)]


def rotate(store, file):
    ring = rotation.prepare(file)
    done = rotation.reseal(store, ring)
    return done, rotation.finish(file, ring)


@BOTH
def test_after_a_rotation_only_the_new_key_opens_everything(sealed, file):
    old = keys.read(file)
    done, retired = rotate(sealed, file)

    new = keys.read(file)
    assert new.older == ()
    assert new.fingerprint == done.fingerprint != old.fingerprint
    assert done.resealed == COUNT
    assert key_ids(sealed) == {new.fingerprint}
    assert everything(sealed, new) == WHOLE
    with pytest.raises(Refusal):
        Vault(old).check_key(sealed)
    assert keys.read(retired[0]) == old


def test_the_files_of_a_rotation_are_for_their_owner_only(sealed, file):
    _, retired = rotate(sealed, file)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.glob("vault*")}
    assert modes == {file.name: 0o600, retired[0].name: 0o600}


@BOTH
def test_a_process_that_began_before_takes_part_without_a_restart(sealed, file):
    before = Vault(KeyFile(file))
    rotate(sealed, file)
    with sealed.transaction() as session:
        opened = before.open(session, "con", "0")
        before.seal(session, "con", "0", "changed")

    assert opened == "value 0"
    assert key_ids(sealed) == {keys.read(file).fingerprint}


@BOTH
def test_a_killed_rotation_is_taken_up_where_it_stopped(sealed, file):
    old = keys.read(file)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, sealed.url, str(file)], stdout=subprocess.PIPE, text=True
    )
    done = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    halfway = keys.read(file)
    midway = everything(sealed, halfway)
    again, _ = rotate(sealed, file)

    assert 0 < done < COUNT
    assert set(halfway.older) == {old.current}
    assert midway == WHOLE
    assert again.fingerprint == halfway.fingerprint
    assert again.resealed == COUNT - done
    assert everything(sealed, keys.read(file)) == WHOLE


def test_a_rotation_that_was_begun_can_be_turned_back(sealed, file):
    old = keys.read(file)
    rotation.reseal(sealed, rotation.prepare(file))
    ring = rotation.turn_back(file)
    rotation.reseal(sealed, ring)
    rotation.finish(file, ring)

    assert keys.read(file) == old
    assert everything(sealed, old) == WHOLE
    assert key_ids(sealed) == {old.fingerprint}


def test_there_is_nothing_to_turn_back_without_a_rotation(file):
    with pytest.raises(Refusal) as refused:
        rotation.turn_back(file)

    assert refused.value.code == "vault.nothing_to_turn_back"


@BOTH
def test_another_process_works_all_the_while(sealed, file):
    bystander = subprocess.Popen(
        [sys.executable, "-c", BYSTANDER, sealed.url, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    bystander.stdout.readline()
    for _ in range(3):
        rotate(sealed, file)
    count = int(bystander.stdout.readline())
    still = bystander.poll()
    bystander.kill()
    error = bystander.communicate(timeout=30)[1]

    assert (still, error) == (None, ""), error
    assert count > 1
    assert key_ids(sealed) == {keys.read(file).fingerprint}


@BOTH
def test_a_seal_under_way_holds_the_change_of_keys_back(sealed, file):
    """Without it, a value sealed with the old key could commit after the old key is gone."""
    late = Vault(KeyFile(file))
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        with sealed.transaction() as session:
            late.seal(session, "con", "0", "late")
            begun.set()
            go_on.wait(30)

    slowly = threading.Thread(target=slow)
    slowly.start()
    begun.wait(30)
    rotating = threading.Thread(target=rotate, args=(sealed, file))
    rotating.start()
    time.sleep(0.5)
    waits = rotating.is_alive()
    go_on.set()
    slowly.join(30)
    rotating.join(30)
    new = keys.read(file)

    assert waits
    assert key_ids(sealed) == {new.fingerprint}
    assert everything(sealed, new)[0] == "late"


@BOTH
def test_two_rotations_at_once_end_with_one_key(sealed, file):
    both = [threading.Thread(target=rotate, args=(sealed, file)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    # The slower one may have put the old key back into the file; a further run clears it away.
    rotate(sealed, file)

    assert everything(sealed, keys.read(file)) == WHOLE


def test_keys_of_the_environment_change_with_both_given(sealed, file):
    old = keys.read(file)
    ring = Keyring(b"n" * 32, (old.current,))
    early = Vault(ring)
    early.check_key(sealed)
    with sealed.transaction() as session:
        early.seal(session, "con", "0", "value 0")
    # Started with both keys, and still the old one seals: others know only that.
    before = key_ids(sealed)
    rotation.reseal(sealed, ring)

    assert before == {old.fingerprint}
    assert everything(sealed, Keyring(b"n" * 32)) == WHOLE


def test_a_process_without_the_new_key_refuses_to_seal(sealed, file):
    old = keys.read(file)
    rotation.reseal(sealed, Keyring(b"n" * 32, (old.current,)))
    with pytest.raises(Refusal) as refused, sealed.transaction() as session:
        Vault(old).seal(session, "con", "0", "lost")

    assert refused.value.code == "vault.wrong_key"
    assert everything(sealed, Keyring(b"n" * 32)) == WHOLE


def test_a_value_nobody_can_open_is_named_and_stops_nothing(sealed, file):
    with sealed.transaction() as session:
        row = secrets.find(session, "con", "7")
        row.ciphertext = b"damaged"
        session.add(row)
    done, _ = rotate(sealed, file)

    assert done.unreadable == ("con 7",)
    assert done.resealed == COUNT - 1


def test_a_key_that_does_not_fit_changes_nothing(sealed):
    with pytest.raises(Refusal) as refused:
        rotation.reseal(sealed, Keyring(b"x" * 32))

    assert refused.value.code == "vault.wrong_key"
    assert len(key_ids(sealed)) == 1


@pytest.mark.parametrize("spoil", ["gone", "empty", "garbled"])
def test_a_spoilt_file_takes_nothing_from_a_running_process(sealed, file, spoil):
    vault = Vault(KeyFile(file))
    file.unlink()
    if spoil != "gone":
        file.write_text("" if spoil == "empty" else "это не ключ", encoding="utf-8")

    assert vault.keys.knowing("ffffffff").fingerprint == vault.keys.fingerprint
    assert everything(sealed, vault.keys) == WHOLE


def test_a_value_that_changes_at_that_very_moment_is_not_undone(sealed, file):
    ring = rotation.prepare(file)
    rotation._put_in_force(sealed, ring)
    changed = []

    class Meddled(Keyring):
        def seal(self, value, place, name=""):
            if not changed:
                changed.append(value)
                with sealed.transaction() as session:
                    Vault(ring).seal(session, "con", "0", "newer")
            return super().seal(value, place, name)

    rotation.reseal(sealed, Meddled(ring.current, ring.older))

    assert changed == ["value 0"]
    assert everything(sealed, ring) == ["newer", *WHOLE[1:]]
