"""Synchronisation: start, watch, pause, resume, cancel."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from dashboard import registry
from dashboard.api import links
from dashboard.api.needs import Asks, Body, Caller, Desk, Language, Linked, filled
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.repeatable import Repeatable
from dashboard.api.work_shapes import RunShape, StreamShape, SyncShape
from dashboard.contracts.errors import Refusal
from dashboard.queries.overview import Link
from dashboard.queries.syncing import Standing, StreamRow
from dashboard.store.sync import SyncRun

router = APIRouter(tags=["sync"], route_class=Repeatable)
_BASE = "/agents/{agentId}/integrations/{integrationId}/sync"


class SyncBody(Body):
    """What to read. `full` reads everything anew instead of what changed."""

    streams: list[str] = Field([], max_length=50)
    full: bool = False


@router.post(_BASE, status_code=202)
def start(
    link: Linked,
    desk: Desk,
    actor: Caller,
    language: Language,
    body: SyncBody | None = None,
) -> RunShape:
    """Start a sync; while one runs, that one is given, so a repeat starts nothing twice."""
    wanted = body or SyncBody()
    if wanted.full:
        run = desk.sync.resync(actor, link.id, only=wanted.streams)
    else:
        run = desk.sync.request(actor, link.id, "api", only=wanted.streams)
    return _run(run, link.provider, language)


@router.get(_BASE)
def read(
    link: Linked,
    desk: Desk,
    asks: Asks,
    language: Language,
    limit: Limit = 20,
    cursor: Cursor = "",
) -> SyncShape:
    """How each stream stands, and past runs."""
    standings = {s.link.id: s for s in desk.queries.syncing.standings(link.agent_id)}
    rows = asks.runs(link.id, "".join(seen(cursor)), limit + 1)
    page, following = split(rows, limit, lambda run: (run.id,))
    return _shape(
        link,
        standings.get(link.id),
        [_run(run, link.provider, language) for run in page],
        following,
        language,
    )


@router.get(_BASE + "/runs/{runId}")
def read_run(
    runId: str,  # noqa: N803 - the documented name of the path's part
    link: Linked,
    asks: Asks,
    language: Language,
) -> RunShape:
    """One run, live while it runs."""
    run = asks.run(link.id, runId)
    if run is None:
        raise Refusal("api.run_unknown", 404)
    return _run(run, link.provider, language)


@router.post(_BASE + "/{step}")
def steer(
    step: Literal["pause", "resume", "cancel"],
    link: Linked,
    desk: Desk,
    actor: Caller,
    asks: Asks,
    language: Language,
) -> SyncShape:
    """Pause or resume the schedule, or cancel the run that is under way."""
    {"pause": desk.sync.pause, "resume": desk.sync.resume, "cancel": desk.sync.cancel}[step](
        actor, link.id
    )
    fresh = desk.queries.overview.connection(link.id) or link
    return read(fresh, desk, asks, language)


def _shape(
    link: Link,
    standing: Standing | None,
    runs: list[RunShape],
    following: str | None,
    language: str,
) -> SyncShape:
    live = runs[0].state if runs and runs[0].state in ("queued", "running") else "idle"
    streams = standing.streams if standing else ()
    return SyncShape(
        state="paused" if link.paused and live == "idle" else live,
        paused=link.paused,
        last_success_at=link.last_sync_at,
        next_run_at=link.next_due_at,
        streams=[_stream(row, link.provider, language) for row in streams],
        runs=runs,
        next_cursor=following,
    )


def _stream(row: StreamRow, provider: str, language: str) -> StreamShape:
    return StreamShape(
        name=row.stream,
        title=filled(registry.words(provider, language), "streams", row.stream, row.stream),
        enabled=row.enabled,
        records=row.records,
        last_success_at=row.last_success_at,
        cursor_at=row.cursor_at,
        off_reason=row.off_reason,
        error=links.trouble(row, provider, language),
    )


def _run(run: SyncRun, provider: str, language: str) -> RunShape:
    names = set(RunShape.model_fields) - {"error"}
    told = {name: getattr(run, name) for name in names}
    return RunShape(**told, error=links.trouble(run, provider, language))
