"""The key that signs session cookies; it is never in the database."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dashboard.settings import Settings


def signing_keys(settings: Settings) -> list[bytes]:
    """Keys of 32 bytes, the newest last: it signs, all of them are believed.

    They are derived from INTEGRATIONS_KEY and INTEGRATIONS_PREVIOUS_KEYS, so that a change of the
    vault key signs nobody out. Without these the file `session.key` holds one, made on first use,
    readable by its owner only.
    """
    given = settings.key.get_secret_value()
    if not given:
        return [_from_file(settings.data_dir / "session.key")]
    older = settings.previous_keys.get_secret_value().replace(",", " ").split()
    return [_derived(text) for text in (*reversed(older), given)]


def _derived(text: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"staff session cookie").derive(text.encode())


def _from_file(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _create(path)
    return bytes.fromhex(path.read_text())


def _create(path: Path) -> None:
    # Written whole, then linked: of two processes that start together both read one key.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(0o600)
    draft.write_text(secrets.token_hex(32))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
