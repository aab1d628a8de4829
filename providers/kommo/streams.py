"""Deals, contacts, companies and tasks, read by time of change and without gaps."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.contracts.errors import Rejected
from dashboard.contracts.records import Record
from dashboard.kit import moments
from dashboard.kit.digits import number
from dashboard.kit.reading import Page, read_rows
from providers.kommo.client import Kommo, has_next, listed
from providers.kommo.manifest import CHANGED, PAGES
from providers.kommo.rows import RECORDS

# Deletions are looked up this far back again: a deletion told twice changes nothing.
# It also bridges a clock of ours that is ten minutes ahead of the vendor's.
DELETIONS_OVERLAP = timedelta(minutes=15)
# How often a numbered reading starts again because rows were deleted under it.
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one stream is called at the vendor.

    Args:
        gone: Event types that say a record left or came back, for the audit list.
        by_time: Rows can be asked for in the order of their change.
    """

    path: str
    embeds: str
    gone: tuple[str, ...]
    by_time: bool = True


KINDS = {
    "deals": Kind(path="leads", embeds="contacts", gone=("lead_deleted", "lead_restored")),
    "contacts": Kind(path="contacts", embeds="", gone=("contact_deleted", "contact_restored")),
    "companies": Kind(path="companies", embeds="", gone=("company_deleted", "company_restored")),
    # Tasks are sorted by deadline, creation or id only (developers, tasks-api, read 2026-11-23).
    "tasks": Kind(path="tasks", embeds="", gone=("task_deleted",), by_time=False),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a reading stands; kept as the cursor between pages.

    Args:
        since: Newest change of the reading before, ISO; empty for a full reading.
        deletions: Deletions are known up to here, ISO.
        started: When this reading began by the vendor's clock, ISO; empty between readings.
        newest: Newest change seen, ISO.
        at: Unix seconds asked for in this step of a walk by time.
        page: Page number within the step.
        seen: Ids given before this step that changed at `at`.
        numbered: Pages are counted, newest first, because the account ignores filters.
        rounds: How many times a counted reading began again.
    """

    since: str = ""
    deletions: str = ""
    started: str = ""
    newest: str = ""
    at: int = 0
    page: int = 1
    seen: tuple[int, ...] = ()
    numbered: bool = False
    rounds: int = 0


def deals(client: Kommo, cursor: Mapping[str, Any]) -> Iterator[Page]:
    """Deals, those in the incoming stage included."""
    return _read("deals", client, cursor)


def contacts(client: Kommo, cursor: Mapping[str, Any]) -> Iterator[Page]:
    """People."""
    return _read("contacts", client, cursor)


def companies(client: Kommo, cursor: Mapping[str, Any]) -> Iterator[Page]:
    """Organisations."""
    return _read("companies", client, cursor)


def tasks(client: Kommo, cursor: Mapping[str, Any]) -> Iterator[Page]:
    """Tasks, open and done."""
    return _read("tasks", client, cursor)


def fetch(client: Kommo, stream: str, external_id: str) -> Record | None:
    """One record as it is now, None when it is gone."""
    kind = KINDS[stream]
    if number(external_id) is None:
        return None
    embeds = {"with": kind.embeds} if kind.embeds else None
    try:
        row = client.get(f"/api/v4/{kind.path}/{external_id}", embeds, holds="id")
    except Rejected as refused:
        if refused.status == 404:
            return None
        raise
    if not row or row.get("is_deleted"):  # 204 without a body, or in the vendor's bin
        return None
    return RECORDS[stream](row, client)


def _read(stream: str, client: Kommo, cursor: Mapping[str, Any]) -> Iterator[Page]:
    kind, place, began = KINDS[stream], _place(cursor), moments.now()
    while True:
        rows, more = _rows(client, kind, place)
        # Only the first answer tells the vendor's clock.
        place = replace(place, started=place.started or client.at_vendor(began).isoformat())
        if _filter_ignored(rows, place, kind):
            place = replace(place, numbered=True, page=1, seen=(), at=0)
            continue
        seen = set(place.seen)
        fresh = [row for row in rows if row.get("id") not in seen]
        records, refused = read_rows(fresh, client, RECORDS[stream])
        newest = max([place.newest, *(r.updated_at.isoformat() for r in records)])
        place = replace(place, newest=newest)
        more = more and not _reached(rows, place)
        if more:
            place = _next(rows, place, kind)
            yield Page(records=records, refused=refused, cursor=_kept(place))
            continue
        gone = _deleted(client, kind, place) if place.since or place.page > 1 else {}
        if _moved_under_us(gone, place, kind):
            place = replace(place, page=1, rounds=place.rounds + 1, started="")
            began = moments.now()
            yield Page(records=records, refused=refused, cursor=_kept(place))
            continue
        yield Page(
            records=records,
            refused=refused,
            deleted=tuple(gone) if place.since else (),
            cursor=_done(place, kind),
            complete=not place.since,
        )
        return


def _place(cursor: Mapping[str, Any]) -> Place:
    known = {name: cursor[name] for name in Place.__dataclass_fields__ if name in cursor}
    place = Place(**{**known, "seen": tuple(known.get("seen", ()))})
    if place.started:
        return place
    since = _unix(place.since, CHANGED.overlap) if place.since else 0
    return replace(place, deletions=place.deletions or _now(), at=since)


def _kept(place: Place) -> dict[str, Any]:
    return {**asdict(place), "seen": list(place.seen)}


def _done(place: Place, kind: Kind) -> dict[str, Any]:
    """The cursor between readings.

    Counted pages may have missed what changed after they were read, so only the moment before
    the reading is safe there.
    """
    newest = place.newest or place.since
    if (place.numbered or not kind.by_time) and newest:
        newest = min(newest, place.started)
    return {"since": newest, "deletions": place.started} if newest else {}


def _rows(client: Kommo, kind: Kind, place: Place) -> tuple[list[dict[str, Any]], bool]:
    params: dict[str, Any] = {"page": place.page, "limit": PAGES.size}
    if kind.embeds:
        params["with"] = kind.embeds
    if place.numbered:
        params["order[updated_at]"] = "desc"
    else:
        params["order[updated_at]" if kind.by_time else "order[id]"] = "asc"
        params[CHANGED.param] = place.at or None
    body = client.get(f"/api/v4/{kind.path}", params, holds="_embedded")
    return listed(body, kind.path), has_next(body)


def _filter_ignored(rows: list[dict[str, Any]], place: Place, kind: Kind) -> bool:
    """Some accounts have no filters, and then the vendor silently gives everything."""
    if not (rows and place.at and kind.by_time) or place.numbered:
        return False
    return bool(rows[0].get("updated_at", 0) < place.at)


def _reached(rows: list[dict[str, Any]], place: Place) -> bool:
    """Newest-first pages have come down to what was known before."""
    if not (place.numbered and place.since and rows):
        return False
    return bool(rows[-1].get("updated_at", 0) < _unix(place.since, CHANGED.overlap))


def _next(rows: list[dict[str, Any]], place: Place, kind: Kind) -> Place:
    """Where the next page is.

    A changed row moves to the end, and all after it one place forward, so a walk by time never
    counts on page numbers: it asks again from the last second seen. Only when a whole page
    shares that second does it turn the page.
    """
    last = rows[-1].get("updated_at", 0) if rows else 0
    if place.numbered or not kind.by_time:
        return replace(place, page=place.page + 1)
    if last == place.at:
        return replace(place, page=place.page + 1)
    ties = tuple(row["id"] for row in rows if row.get("updated_at") == last)
    return replace(place, at=last, page=1, seen=ties)


def _deleted(client: Kommo, kind: Kind, place: Place) -> dict[str, datetime]:
    """Ids that are gone -> when, by the account's audit list, newest first.

    A hundred events a page are allowed there (developers, events-and-notes, read 2026-11-23).
    """
    last: dict[str, tuple[str, int]] = {}
    page = 1
    while True:
        body = client.get(
            "/api/v4/events",
            {
                "page": page,
                "limit": 100,
                "filter[type]": ",".join(kind.gone),
                "filter[created_at][from]": _unix(place.deletions, DELETIONS_OVERLAP),
            },
            holds="_embedded",
        )
        for event in listed(body, "events"):
            last.setdefault(str(event["entity_id"]), (event["type"], event["created_at"]))
        if not has_next(body):
            break
        page += 1
    return {gone: moments.from_unix(at) for gone, (type_, at) in last.items() if "deleted" in type_}


def _moved_under_us(gone: Mapping[str, datetime], place: Place, kind: Kind) -> bool:
    """A row deleted while pages were counted moved the others, and one may have been skipped."""
    counted = place.numbered or not kind.by_time
    started = moments.from_iso(place.started)
    return (
        counted
        and place.page > 1
        and place.rounds < ROUNDS
        and max(gone.values(), default=started - DELETIONS_OVERLAP)
        >= started.replace(microsecond=0)
    )


def _now() -> str:
    return moments.now().isoformat()


def _unix(iso: str, overlap: timedelta) -> int:
    return moments.to_unix(moments.from_iso(iso) - overlap)
