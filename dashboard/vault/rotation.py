"""A new vault key, put in force while everybody works.

The database says which key seals (`Vault.seal`). So a rotation is: let everybody have both keys,
change what the database says, seal the old values anew a batch at a time, and let the old key go.
Each step may be interrupted and begun again; until the last one both keys open everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dashboard.contracts.errors import Refusal
from dashboard.store import secrets
from dashboard.store.base import Session, Store
from dashboard.store.connections import Secret
from dashboard.vault import keys
from dashboard.vault.cipher import Keyring, Sealed, key_id
from dashboard.vault.vault import FINGERPRINT_NAME, FINGERPRINT_OWNER, place, sealed_row

BATCH = 100
NEXT = f"{keys.FILE}.next"


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What a rotation did.

    Args:
        fingerprint: Of the key in force now.
        resealed: How many values were sealed anew.
        unreadable: Places ("owner name") of values that none of our keys opens; they stay.
    """

    fingerprint: str
    resealed: int
    unreadable: tuple[str, ...] = ()


def prepare(file: Path) -> Keyring:
    """Both keys in the file, the new one first; a rotation that was begun goes on with its key."""
    ring = keys.read(keys.made(file))
    if ring.older:
        return ring
    # A file of its own: of two who begin at once both take the same new key.
    new = keys.read(keys.made(file.with_name(NEXT))).current
    if new != ring.current:
        ring = Keyring(new, (ring.current,))
        keys.replace(file, ring.all)
    return ring


def turn_back(file: Path) -> Keyring:
    """The other way round: the old key becomes the one to come.

    Raises:
        Refusal: `vault.nothing_to_turn_back`: no rotation is under way.
    """
    ring = keys.read(file)
    if not ring.older:
        raise Refusal("vault.nothing_to_turn_back", 409)
    back = Keyring(ring.older[0], (ring.current, *ring.older[1:]))
    keys.replace(file, back.all)
    return back


def finish(file: Path, ring: Keyring) -> list[Path]:
    """Leave only the current key in the file; the others go to files for old backups."""
    kept = []
    for old in ring.older:
        retired = file.with_name(f"{file.name}.retired-{key_id(old)}")
        keys.replace(retired, [old])
        kept.append(retired)
    keys.replace(file, [ring.current])
    file.with_name(NEXT).unlink(missing_ok=True)
    return kept


def reseal(
    store: Store, ring: Keyring, after_batch: Callable[[int], None] = lambda _count: None
) -> Rotated:
    """Seal everything with the ring's current key.

    Args:
        after_batch: Is told how many values are done, after each batch has been committed.
    Raises:
        Refusal: `vault.wrong_key`: the ring does not open what the database was sealed with.
    """
    _put_in_force(store, ring)
    done, unreadable, last = 0, [], ("", "")
    while batch := _batch(store, ring, last):
        last = batch[-1][0]
        unreadable += [" ".join(where) for where, well in batch if not well]
        done += sum(well for _, well in batch)
        after_batch(done)
    return Rotated(fingerprint=ring.fingerprint, resealed=done, unreadable=tuple(unreadable))


def _batch(
    store: Store, ring: Keyring, last: tuple[str, str]
) -> list[tuple[tuple[str, str], bool]]:
    """Seal some values anew; the place of each, and whether it opened."""
    with store.transaction() as session:
        rows = secrets.sealed_with_other_keys(session, ring.fingerprint, last, BATCH)
        return [((row.owner, row.name), _sealed_anew(session, ring, row)) for row in rows]


def _put_in_force(store: Store, ring: Keyring) -> None:
    """From here on everybody seals with the new key; whoever sealed with the old has committed."""
    with store.transaction() as session:
        row = _held(session)
        if row is None or row.key_id == ring.fingerprint:
            return
        if not _sealed_anew(session, ring, row):
            found = {"expected": row.key_id, "given": ring.fingerprint}
            raise Refusal("vault.wrong_key", 500, values=found)


def _held(session: Session) -> Secret | None:
    secrets.hold(session, FINGERPRINT_OWNER, FINGERPRINT_NAME)
    return secrets.find(session, FINGERPRINT_OWNER, FINGERPRINT_NAME)


def _sealed_anew(session: Session, ring: Keyring, row: Secret) -> bool:
    """Seal one value with the current key; False when it does not open."""
    where = place(row.owner, row.name)
    try:
        value = ring.open(Sealed(row.key_id, row.nonce, row.ciphertext), where)
    except Refusal:
        return False
    # Whoever changed the value meanwhile has sealed it with the new key already.
    secrets.replace_sealed(session, row, sealed_row(row.owner, row.name, ring.seal(value, where)))
    return True
