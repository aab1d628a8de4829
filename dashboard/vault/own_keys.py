"""Keys the desk makes for itself; sealed like any secret, so a rotation seals them anew."""

import base64
import os
from collections.abc import Callable

from sqlmodel import Session

from dashboard.vault.cipher import KEY_BYTES
from dashboard.vault.vault import Vault

OWNER = "desk"


def own_key(vault: Vault, name: str) -> Callable[[Session], bytes]:
    """Gives the key of that name, made at the first asking.

    Whoever asks must keep others from asking at the same time.
    """

    def key(session: Session) -> bytes:
        kept = vault.open(session, OWNER, name)
        if kept is None:
            kept = base64.b64encode(os.urandom(KEY_BYTES)).decode()
            vault.seal(session, OWNER, name, kept)
        return base64.b64decode(kept)

    return key
