"""The seal on the journal's head: only who holds the key can say how the journal ends."""

import hmac
from collections.abc import Callable
from dataclasses import replace

from sqlmodel import Session

from dashboard.audit import chain
from dashboard.store.audit import Head

# Gives the journal's own key; called with the head held, so that two never make one.
KeySource = Callable[[Session], bytes]
# What stands in place of a seal after one that did not fit: nobody seals a forged head.
BROKEN = "broken"


def no_key(_session: Session) -> bytes:
    """The key of a journal without one: its head is checked for length and hash alone."""
    return b""


class Sealer:
    """Seals heads and knows its own seals.

    Args:
        source: Asked once for each process.
    """

    def __init__(self, source: KeySource = no_key) -> None:
        self._source = source
        self._key: bytes | None = None

    def sealed(self, session: Session, head: Head) -> Head:
        """The head with the seal that fits it."""
        return replace(head, seal=self._seal(session, head))

    def follows(self, session: Session, before: Head, head: Head) -> Head:
        """The head after `before`, sealed only when `before` was.

        An empty journal begins without a seal.
        """
        if self.fits(session, before) or before == Head(0, chain.FIRST, ""):
            return self.sealed(session, head)
        return replace(head, seal=BROKEN)

    def fits(self, session: Session, head: Head) -> bool:
        """Whether this head carries our seal."""
        return hmac.compare_digest(head.seal, self._seal(session, head))

    def _seal(self, session: Session, head: Head) -> str:
        if self._key is None:
            self._key = self._source(session)
        return hmac.digest(self._key, f"{head.entries}:{head.hash}".encode(), "sha256").hex()
