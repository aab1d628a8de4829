"""The key and what it does: AES-256-GCM, each value bound to its place."""

import base64
import binascii
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.contracts.errors import Refusal
from dashboard.settings import Settings

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

    def seal(self, value: str, place: bytes) -> Sealed:
        """Encrypt `value` so that it opens only with the same `place`."""
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(self.current).encrypt(nonce, value.encode(), place)
        return Sealed(self.fingerprint, nonce, ciphertext)

    def open(self, sealed: Sealed, place: bytes) -> str:
        """Decrypt.

        Raises:
            Refusal: `vault.unreadable`: an unknown key, another place, or changed bytes.
        """
        key = next((k for k in (self.current, *self.older) if key_id(k) == sealed.key_id), None)
        if key is None:
            raise Refusal("vault.unreadable", 500)
        try:
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, place).decode()
        except InvalidTag:
            raise Refusal("vault.unreadable", 500) from None


def key_id(key: bytes) -> str:
    """First eight hexadecimal digits of the key's SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]


def load(settings: Settings) -> Keyring:
    """The key of the environment, or of the key file, which is made on the first start.

    Raises:
        Refusal: `vault.bad_key`: the key is not 32 bytes in base64.
    """
    given = settings.key.get_secret_value()
    if given:
        return Keyring(_decoded(given))
    file = settings.data_dir / "vault.key"
    if not file.exists():
        _make(file)
    return Keyring(_decoded(file.read_text(encoding="ascii")))


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.urandom(6).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(base64.b64encode(os.urandom(KEY_BYTES)))
            out.flush()
            os.fsync(out.fileno())
        # A link appears whole or not at all, and never in place of another process's key.
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("vault.bad_key", 500) from None
    if len(key) != KEY_BYTES:
        raise Refusal("vault.bad_key", 500)
    return key
