"""Where the keys are kept: in the environment, or in a file that may change while we run."""

import base64
import binascii
import hashlib
import os
import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dashboard.contracts.errors import Refusal
from dashboard.settings import Settings
from dashboard.vault.cipher import KEY_BYTES, Keyring

FILE = "vault.key"


class Keys(Protocol):
    """The keys of this process."""

    @property
    def fingerprint(self) -> str:
        """Of the current key."""
        ...

    def knowing(self, name: str) -> Keyring:
        """The ring, looked for again when it lacks the key of that fingerprint."""
        ...


class KeyFile:
    """The key file: one key a line in base64, the current one first.

    Whoever meets a key that is not known yet reads the file again, so a running process takes
    part in a rotation without a restart.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._seen = _version(path)
        self._ring = read(path)

    @property
    def fingerprint(self) -> str:
        """Of the current key."""
        return self._ring.fingerprint

    def knowing(self, name: str) -> Keyring:
        """The ring, read again when it lacks that key and the file has changed."""
        with self._lock:
            if self._ring.key(name) is None:
                # The file may be gone or half copied: then we go on with what we have.
                with suppress(OSError, Refusal):
                    self._look_again()
            return self._ring

    def _look_again(self) -> None:
        if (found := _version(self._path)) != self._seen:
            self._ring, self._seen = read(self._path), found


def installation(key: bytes) -> str:
    """Tells one desk from another at its public address; nothing of the key can be read from it."""
    return hashlib.sha256(b"integrations desk\0" + key).hexdigest()[:12]


def of(settings: Settings) -> Keys:
    """The keys of the environment, or of the key file, which is made on the first start.

    Raises:
        Refusal: `vault.bad_key`: a key is not 32 bytes in base64.
    """
    if settings.key.get_secret_value():
        return load(settings)
    return KeyFile(made(settings.data_dir / FILE))


def load(settings: Settings) -> Keyring:
    """The keys as they are now; see `of`."""
    given = settings.key.get_secret_value()
    if not given:
        return read(made(settings.data_dir / FILE))
    older = settings.previous_keys.get_secret_value().replace(",", " ").split()
    return Keyring(_decoded(given), tuple(_decoded(text) for text in older))


def read(path: Path) -> Keyring:
    """The ring of a key file.

    Raises:
        Refusal: `vault.bad_key`.
    """
    found = [_decoded(line) for line in path.read_bytes().splitlines()]
    if not found:
        raise Refusal("vault.bad_key", 500)
    return Keyring(found[0], tuple(found[1:]))


def made(path: Path) -> Path:
    """The path, with a new key in it when there was no file; one key for all who come at once."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, [os.urandom(KEY_BYTES)])
    # A link appears whole or not at all, and never in place of another process's key.
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
    return path


def replace(path: Path, keys: Sequence[bytes]) -> None:
    """Put these keys in place of those in the file, at once and for good; mode 0600."""
    _draft(path, keys).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(path: Path, keys: Sequence[bytes]) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(b"\n".join(base64.b64encode(key) for key in keys))
        out.flush()
        os.fsync(out.fileno())
    return draft


def _version(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def _decoded(text: str | bytes) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("vault.bad_key", 500) from None
    if len(key) != KEY_BYTES:
        raise Refusal("vault.bad_key", 500)
    return key
