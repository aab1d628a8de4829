"""The key and what it does: AES-256-GCM, each value bound to its place."""

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.contracts.errors import Refusal

KEY_BYTES, NONCE_BYTES = 32, 12


@dataclass(frozen=True)
class Sealed:
    """A ciphertext with what is needed to open it."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True)
class Keyring:
    """The current key, and older ones that still open what they sealed.

    Args:
        current: 32 bytes.
        older: Keys of before the last rotations.
    """

    current: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without telling anything of them."""
        return key_id(self.current)

    @property
    def all(self) -> tuple[bytes, ...]:
        """Every key, the current one first."""
        return (self.current, *self.older)

    def key(self, name: str) -> bytes | None:
        """The key of that fingerprint, None when it is not here."""
        return next((key for key in self.all if key_id(key) == name), None)

    def knowing(self, name: str) -> "Keyring":
        """Where to look for the key of that fingerprint: nowhere but here."""
        del name
        return self

    def seal(self, value: str, place: bytes, name: str = "") -> Sealed:
        """Encrypt `value` so that it opens only with the same `place`.

        Args:
            name: Fingerprint of the key to do it with; the current one when left out.
        Raises:
            Refusal: `vault.wrong_key`: there is no key of that fingerprint.
        """
        key = self.key(name) if name else self.current
        if key is None:
            found = {"expected": name, "given": self.fingerprint}
            raise Refusal("vault.wrong_key", 500, values=found)
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(key_id(key), nonce, AESGCM(key).encrypt(nonce, value.encode(), place))

    def open(self, sealed: Sealed, place: bytes) -> str:
        """Decrypt.

        Raises:
            Refusal: `vault.unreadable`: an unknown key, another place, or changed bytes.
        """
        key = self.key(sealed.key_id)
        if key is None:
            raise Refusal("vault.unreadable", 500)
        try:
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, place).decode()
        except InvalidTag:
            raise Refusal("vault.unreadable", 500) from None


def key_id(key: bytes) -> str:
    """First eight hexadecimal digits of the key's SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]
