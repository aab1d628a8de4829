"""Seals and opens values by owner and name, inside the caller's transaction."""

from dataclasses import dataclass

from sqlmodel import Session

from dashboard.contracts.errors import Refusal
from dashboard.store import secrets
from dashboard.store.base import Store
from dashboard.store.connections import Secret
from dashboard.vault.cipher import Sealed
from dashboard.vault.keys import Keys

FINGERPRINT_OWNER, FINGERPRINT_NAME = "vault", "fingerprint"


@dataclass(frozen=True)
class Vault:
    """The one place that turns secrets into rows and back.

    Owners: `connection:<id>`, `oauth_app:<provider>`, `flow:<id>`.
    """

    keys: Keys

    def seal(self, session: Session, owner: str, name: str, value: str) -> None:
        """Keep a secret in place of the one there.

        The database says which key seals, and goes on saying so until this transaction ends:
        nothing is sealed with an old key behind the back of a rotation.

        Raises:
            Refusal: `vault.wrong_key`: this process has not been given that key.
        """
        key = secrets.sealing_key(session, FINGERPRINT_OWNER, FINGERPRINT_NAME)
        secrets.put(session, self._row(owner, name, value, key))

    def open(self, session: Session, owner: str, name: str) -> str | None:
        """The secret of that place, None when there is none.

        Raises:
            Refusal: `vault.unreadable`: the row was moved or changed, or its key is gone.
        """
        found = secrets.sealed(session, owner, name)
        if found is None:
            return None
        sealed = Sealed(*found)
        return self.keys.knowing(sealed.key_id).open(sealed, place(owner, name))

    def names(self, session: Session, owner: str) -> list[str]:
        """What an owner has sealed."""
        return secrets.names(session, owner)

    def forget(self, session: Session, owner: str, name: str = "") -> None:
        """Delete one secret, or all of an owner."""
        secrets.forget(session, owner, name)

    def check_key(self, store: Store) -> None:
        """Make sure that this is the key the database was sealed with.

        Raises:
            Refusal: `vault.wrong_key`, before anything could be sealed with the wrong one.
        """
        with store.transaction() as session:
            # Of processes that start together the first one's fingerprint stays.
            mine = self._row(FINGERPRINT_OWNER, FINGERPRINT_NAME, "ok")
            secrets.put_if_absent(session, mine)
        self.compare_key(store)

    def compare_key(self, store: Store) -> None:
        """As `check_key`, and nothing is written: a database that sealed nothing fits any key."""
        with store.transaction() as session:
            try:
                self.open(session, FINGERPRINT_OWNER, FINGERPRINT_NAME)
            except Refusal:
                kept = secrets.find(session, FINGERPRINT_OWNER, FINGERPRINT_NAME)
                expected = kept.key_id if kept else ""
                found = {"expected": expected, "given": self.keys.fingerprint}
                raise Refusal("vault.wrong_key", 500, values=found) from None

    def _row(self, owner: str, name: str, value: str, key: str = "") -> Secret:
        sealed = self.keys.knowing(key).seal(value, place(owner, name), key)
        return sealed_row(owner, name, sealed)


def sealed_row(owner: str, name: str, sealed: Sealed) -> Secret:
    """The row that keeps a sealed value."""
    return Secret(
        owner=owner,
        name=name,
        key_id=sealed.key_id,
        nonce=sealed.nonce,
        ciphertext=sealed.ciphertext,
    )


def tail(value: str) -> str:
    """A secret as people may see it: its last four characters."""
    return f"••••{value[-4:]}" if len(value) > 8 else "••••"


def place(owner: str, name: str) -> bytes:
    """What a ciphertext is bound to."""
    return f"{owner}\x00{name}".encode()
