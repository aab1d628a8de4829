"""How far each stream has come, and what past runs did."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard import clock, registry
from dashboard.queries.overview import Link, link
from dashboard.store import reads_sync
from dashboard.store.base import Session, Store
from dashboard.store.sync import StreamState, SyncRun

RUNNING = ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class StreamRow:
    """One stream of one connection."""

    stream: str
    enabled: bool
    events_only: bool
    records: int
    last_success_at: datetime | None
    cursor_at: datetime | None
    off_reason: str
    error_code: str
    error_reason: str


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run over the streams of a connection."""

    id: str
    connection_id: str
    state: str
    reason: str
    streams: Mapping[str, Mapping[str, Any]]
    new: int
    changed: int
    deleted: int
    refused: int
    attempts: int
    error_code: str
    error_reason: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    retry_at: datetime | None
    cancel_asked: bool

    @property
    def records(self) -> int:
        """How many records it wrote."""
        return self.new + self.changed + self.deleted

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far; None before it started."""
        if self.started_at is None:
            return None
        return ((self.finished_at or clock.now()) - self.started_at).total_seconds()

    @property
    def per_second(self) -> float | None:
        """Records a second; None while it cannot be told."""
        return self.records / self.seconds if self.seconds else None

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None when the vendor names no totals."""
        totals = [part.get("total") for part in self.streams.values()]
        if not totals or not all(isinstance(total, int) and total > 0 for total in totals):
            return None
        return min(1.0, self.records / sum(int(total) for total in totals if total))


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One connection on the sync page."""

    link: Link
    name: str
    streams: tuple[StreamRow, ...]
    latest: RunRow | None

    @property
    def running(self) -> bool:
        """A run is under way or waits for its turn."""
        return self.latest is not None and self.latest.state in RUNNING


LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class _Counted:
    counts: Mapping[tuple[str, str], int]
    until: float


class Syncing:
    """Questions of the sync page."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[tuple[str, ...], _Counted] = {}

    def standings(self, agent_id: str) -> list[Standing]:
        """Every connection that can sync, with its streams and its newest run."""
        with self._store.transaction() as session:
            rows = reads_sync.living(session, agent_id)
            ids = [row.id for row in rows]
            states = {
                (s.connection_id, s.stream): s for s in reads_sync.stream_states(session, ids)
            }
            counts = self._counted(session, tuple(ids))
            latest = {run.connection_id: _run(run) for run in reads_sync.latest_runs(session, ids)}
        return [
            _standing(
                link(row, busy=row.id in latest and latest[row.id].state in RUNNING),
                states,
                counts,
                latest.get(row.id),
            )
            for row in rows
        ]

    def _counted(self, session: Session, ids: tuple[str, ...]) -> Mapping[tuple[str, str], int]:
        """Living records by stream; a count that took long is kept for a while.

        So a page that refreshes itself spends a fiftieth of its time on counting at most.
        """
        kept = self._counts.get(ids)
        if kept is None or time.monotonic() > kept.until:
            begun = time.monotonic()
            counts = reads_sync.record_counts(session, ids)
            now = time.monotonic()
            kept = _Counted(counts, until=now + min(LONGEST_SECONDS, 50 * (now - begun)))
            self._counts = {**{k: v for k, v in self._counts.items() if v.until > now}, ids: kept}
        return kept.counts

    def history(
        self, connection_ids: Sequence[str], *, state: str = "", days: int = 7, limit: int = 500
    ) -> list[RunRow]:
        """Runs of the last days, newest first."""
        since = clock.now() - timedelta(days=days)
        with self._store.transaction() as session:
            rows = reads_sync.runs(session, connection_ids, state=state, since=since, limit=limit)
        return [_run(row) for row in rows]


def _run(row: SyncRun) -> RunRow:
    return RunRow(**{name: getattr(row, name) for name in RunRow.__dataclass_fields__})


def _standing(
    one: Link,
    states: Mapping[tuple[str, str], StreamState],
    counts: Mapping[tuple[str, str], int],
    latest: RunRow | None,
) -> Standing:
    manifest = registry.manifest(one.provider)
    streams = []
    for stream in manifest.streams:
        state = states.get((one.id, stream.name))
        streams.append(
            StreamRow(
                stream=stream.name,
                enabled=not stream.enabled_by or bool(one.settings.get(stream.enabled_by, True)),
                events_only=stream.events_only,
                records=counts.get((one.id, stream.name), 0),
                last_success_at=state.last_success_at if state else None,
                cursor_at=state.cursor_at if state else None,
                off_reason=state.off_reason if state else "",
                error_code=state.error_code if state else "",
                error_reason=state.error_reason if state else "",
            )
        )
    return Standing(link=one, name=manifest.name, streams=tuple(streams), latest=latest)
