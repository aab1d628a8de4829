"""The key that signs session cookies; it is never in the database."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dashboard.settings import Settings


def signing_key(settings: Settings) -> bytes:
    """32 bytes: derived from INTEGRATIONS_KEY when it is given, else from a file of its own.

    The file `session.key` is made on first use, readable by its owner only.
    """
    given = settings.key.get_secret_value()
    if given:
        derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"staff session cookie")
        return derive.derive(given.encode())
    return _from_file(settings.data_dir / "session.key")


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
