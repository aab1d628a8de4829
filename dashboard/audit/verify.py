"""Proves that nobody has changed, removed or inserted a journal entry."""

from dataclasses import dataclass

from dashboard.audit import chain
from dashboard.store import audit
from dashboard.store.base import Store

BATCH = 1000


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found; `broken_at` is the first entry that does not fit."""

    ok: bool
    entries: int
    broken_at: int | None = None


def verify(store: Store) -> Verdict:
    """Recompute the whole chain, a batch at a time."""
    expected, seen, after = chain.FIRST, 0, 0
    while True:
        with store.transaction() as session:
            entries = audit.after(session, after, BATCH)
        if not entries:
            return Verdict(ok=True, entries=seen)
        for entry in entries:
            if entry.previous_hash != expected or chain.digest(entry) != entry.hash:
                return Verdict(ok=False, entries=seen, broken_at=entry.seq)
            expected, seen, after = entry.hash, seen + 1, entry.seq or 0
