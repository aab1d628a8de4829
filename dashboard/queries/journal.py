"""Who did what, and the runs of agents' actions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.store import paging, reads_journal
from dashboard.store.actions import ActionRun
from dashboard.store.audit import AuditEntry
from dashboard.store.base import Store
from dashboard.store.counting import Count
from dashboard.store.reads_journal import Wanted

__all__ = ["ActionRow", "Entry", "Journal", "Wanted"]

EXPORT_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the journal."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    agent_id: str
    connection_id: str
    provider: str
    outcome: str
    detail: Mapping[str, Any]
    vendor_request_id: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class ActionRow:
    """One action an agent asked for."""

    id: str
    agent_id: str
    connection_id: str
    provider: str
    action: str
    state: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]
    error_code: str
    error_reason: str
    requested_by: str
    decided_by: str
    vendor_request_id: str
    created_at: datetime
    started_at: datetime | None
    decided_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What an agent may do with one action."""

    decision: str = "allowed"
    daily_limit: int = 0
    amount_limit: str = ""


class Journal:
    """Questions of the journal page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entries(self, wanted: Wanted, limit: int = 50) -> list[Entry]:
        """Entries newest first."""
        with self._store.transaction() as session:
            return [_entry(row) for row in reads_journal.entries(session, wanted, limit)]

    def count(self, wanted: Wanted) -> Count:
        """How many entries match; counting ends at a bound."""
        with self._store.transaction() as session:
            return reads_journal.count(session, wanted)

    def everything(self, wanted: Wanted, most: int = 50_000) -> Iterator[Entry]:
        """All matching entries, newest first, read in batches."""
        left = most
        while left > 0:
            batch = self.entries(wanted, min(EXPORT_BATCH, left))
            yield from batch
            if len(batch) < EXPORT_BATCH:
                return
            left -= len(batch)
            wanted = replace(wanted, before=batch[-1].seq)

    def actions(self) -> list[str]:
        """Words of everything that was ever done."""
        with self._store.transaction() as session:
            return reads_journal.actions(session)

    def rule(self, agent_id: str, provider: str, action: str) -> Rule:
        """The rule about one action; everything is allowed where staff set none."""
        with self._store.transaction() as session:
            row = reads_journal.rule(session, agent_id, provider, action)
        if row is None:
            return Rule()
        return Rule(**{name: getattr(row, name) for name in Rule.__dataclass_fields__})

    def waiting(
        self, state: str, *, agent_id: str = "", before: str = "", limit: int = 50
    ) -> list[ActionRow]:
        """Runs that wait for a person, the newest first.

        Args:
            state: proposed | unknown
            agent_id: Empty for all agents.
            before: Id of the last run already seen.
        """
        wanted = {"state": state, "agent_id": agent_id}
        with self._store.transaction() as session:
            rows = paging.newest(session, ActionRun, wanted, before, limit)
        return [action_row(row) for row in rows]

    def waiting_counts(self, agent_id: str = "") -> dict[str, int]:
        """How many runs are proposed and how many unknown; an empty agent means all."""
        with self._store.transaction() as session:
            return reads_journal.waiting_counts(session, agent_id)

    def runs(
        self, agent_id: str, *, states: tuple[str, ...] = (), limit: int = 50
    ) -> list[ActionRow]:
        """An agent's action runs, newest first; no states means all."""
        with self._store.transaction() as session:
            rows = reads_journal.runs(session, agent_id, states=states, limit=limit)
        return [action_row(row) for row in rows]


def action_row(row: ActionRun) -> ActionRow:
    """What pages show of a run."""
    return ActionRow(**{name: getattr(row, name) for name in ActionRow.__dataclass_fields__})


def _entry(row: AuditEntry) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})
