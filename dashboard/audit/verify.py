"""Proves that nobody has changed, removed or inserted a journal entry."""

from dataclasses import dataclass

from dashboard.audit import chain
from dashboard.audit.seal import Sealer
from dashboard.store import audit
from dashboard.store.audit import AuditEntry, Head
from dashboard.store.base import Store

BATCH = 1000


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found.

    Args:
        broken_at: The first entry that does not fit, or the place behind the last entry when
            the journal does not end as its head says.
        missing: How many entries the head counts and the journal has not got.
    """

    ok: bool
    entries: int
    broken_at: int | None = None
    missing: int = 0


def verify(store: Store, sealer: Sealer) -> Verdict:
    """Recompute the whole chain, a batch at a time, and compare its end with the sealed head."""
    head, is_ours = _head(store, sealer)
    ends_right, expected, seen, after = head.entries == 0, chain.FIRST, 0, 0
    while entries := _batch(store, after):
        for entry in entries:
            if entry.previous_hash != expected or chain.digest(entry.model_dump()) != entry.hash:
                return Verdict(ok=False, entries=seen, broken_at=entry.seq)
            expected, seen, after = entry.hash, seen + 1, entry.seq or 0
            ends_right = ends_right or (seen == head.entries and entry.hash == head.hash)
    if is_ours and ends_right:
        return Verdict(ok=True, entries=seen)
    missing = max(head.entries - seen, 0)
    return Verdict(ok=False, entries=seen, broken_at=after + 1, missing=missing)


def _head(store: Store, sealer: Sealer) -> tuple[Head, bool]:
    """The head, and whether it can be believed; entries that come later stand behind it."""
    with store.transaction() as session:
        head = audit.lock_head(session, chain.FIRST)
        if head == Head(0, chain.FIRST, ""):
            return head, not audit.after(session, 0, 1)
        return head, sealer.fits(session, head)


def _batch(store: Store, after: int) -> list[AuditEntry]:
    with store.transaction() as session:
        return audit.after(session, after, BATCH)
