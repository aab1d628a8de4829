"""Calendars, and the meetings of the chosen one by Google's sync tokens.

Source: developers.google.com/workspace/calendar/api/guides/sync, read 2026-11-23.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.contracts.errors import Rejected, Unavailable
from dashboard.contracts.records import Calendar, Event, Record
from dashboard.kit import moments
from dashboard.kit.http import Client, segment
from dashboard.kit.reading import CursorState, Page, read_rows
from providers.google_calendar import times
from providers.google_calendar.client import (
    API,
    WRITERS,
    calendar_id,
    calendar_name,
    events_path,
)

PAGE_SIZE = 250

# Endless series make endless instances, so reading is bounded; the window is moved on before
# its end comes near.
BACK, AHEAD, MOVE_AT = timedelta(days=90), timedelta(days=365), timedelta(days=270)

# Google tells no time of change for calendars; a constant keeps an unchanged one unchanged.
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


def calendars(row: Mapping[str, Any], client: Client) -> Calendar:
    """One entry of the person's calendar list."""
    del client
    return Calendar(
        external_id=str(row["id"]),
        updated_at=UNDATED,
        title=calendar_name(row),
        time_zone=str(row.get("timeZone", "")),
        writable=row.get("accessRole") in WRITERS,
        primary=bool(row.get("primary")),
        vendor_fields=dict(row),
    )


def events(client: Client, cursor: CursorState) -> Iterator[Page]:
    """Meetings of the chosen calendar, series as single meetings.

    The cursor is a window being read (`since`, `until`, `page`), or a sync token being followed
    (`sync`, `page`). When the window has to move, the new one is read first and the old token
    followed to its end after that (`behind`, `ahead`), so that nothing falls between the two.

    Raises:
        Rejected: `cursor_expired`: read again from the beginning.
    """
    place = _start(client, cursor)
    while True:
        body = _body(client, place)
        onward = _onward(place, body)
        complete = bool(place.get("full")) and "page" not in onward
        yield _page(client, body, onward, complete=complete)
        if not onward.keys() & {"page", "ahead"}:
            return
        place = onward


def fetch(client: Client, stream: str, external_id: str) -> Record | None:
    """One calendar or meeting as it is now; None when it is gone."""
    path = f"{API}/users/me/calendarList/{segment(external_id)}"
    try:
        row = client.get(
            events_path(client, external_id) if stream == "events" else path, holds="id"
        )
    except Rejected as refused:
        if refused.status in (404, 410):
            return None
        raise
    if stream == "calendars":
        return calendars(row, client)
    return None if row.get("status") == "cancelled" else event(row, client)


def event(row: Mapping[str, Any], client: Client, calendar_zone: str = "") -> Event:
    """A meeting as a record.

    Args:
        calendar_zone: Of the answer the row came in; days without hours are meant in it.
    """
    start, end = row["start"], row["end"]
    default = calendar_zone or str(client.settings.get("time_zone") or "UTC")
    zone = str(start.get("timeZone") or default)
    return Event(
        external_id=str(row["id"]),
        updated_at=moments.from_iso(row["updated"]),
        created_at=moments.from_iso(row["created"]) if "created" in row else None,
        title=str(row.get("summary", "")),
        url=str(row.get("htmlLink", "")),
        starts_at=times.read(start, zone),
        ends_at=times.read(end, zone),
        all_day="date" in start,
        time_zone=zone,
        status=str(row.get("status", "confirmed")),
        location=str(row.get("location", "")),
        attendees=tuple(addresses(row)),
        meeting_link=meeting_link(row),
        calendar_id=calendar_id(client),
        vendor_fields=dict(row),
    )


def addresses(row: Mapping[str, Any]) -> list[str]:
    """E-mail addresses of the invited people and rooms."""
    return [str(guest["email"]) for guest in row.get("attendees") or [] if guest.get("email")]


def meeting_link(row: Mapping[str, Any]) -> str:
    """Where the video call is; empty while Google is still making one."""
    points = (row.get("conferenceData") or {}).get("entryPoints") or []
    video = [str(point["uri"]) for point in points if point.get("entryPointType") == "video"]
    return next(iter(video), str(row.get("hangoutLink", "")))


def _start(client: Client, cursor: CursorState) -> dict[str, Any]:
    if not cursor:
        return {**_window(client), "full": True}
    if cursor.get("calendar") != calendar_id(client):
        raise Rejected("cursor_expired", "another calendar was chosen")
    if cursor.keys() & {"page", "behind", "ahead", "full"}:
        return dict(cursor)
    if moments.from_iso(cursor["until"]) - moments.now() < MOVE_AT:
        return {**_window(client), "behind": cursor["sync"]}
    return dict(cursor)


def _window(client: Client) -> dict[str, Any]:
    now = moments.now()
    since, until = moments.to_iso(now - BACK), moments.to_iso(now + AHEAD)
    return {"calendar": calendar_id(client), "since": since, "until": until}


def _body(client: Client, place: Mapping[str, Any]) -> Mapping[str, Any]:
    # With a sync token Google refuses timeMin and timeMax; the rest must stay the same.
    bounds = {"timeMin": place.get("since"), "timeMax": place.get("until")}
    where = {"syncToken": place["sync"]} if "sync" in place else bounds
    params = {"singleEvents": True, "maxResults": PAGE_SIZE, "pageToken": place.get("page")}
    body = client.get(events_path(client), {**params, **where}, holds="kind") or {}
    if not isinstance(body, Mapping) or not isinstance(body.get("items", []), list):
        raise Unavailable(detail="GET events: no list of items")
    return body


def _onward(place: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    if token := body.get("nextPageToken"):  # a page may be empty and still have a next one
        return {**place, "page": token}
    newest = body.get("nextSyncToken")
    if not newest:
        return {}
    kept = {name: place[name] for name in ("calendar", "since", "until")}
    if "behind" in place:
        return {**kept, "sync": place["behind"], "ahead": newest}
    return {**kept, "sync": place.get("ahead") or newest}


def _page(client: Client, body: Mapping[str, Any], onward: CursorState, *, complete: bool) -> Page:
    rows = body.get("items", [])
    zone = str(body.get("timeZone", ""))
    gone = tuple(str(row["id"]) for row in rows if row.get("status") == "cancelled")
    live = [row for row in rows if row.get("status") != "cancelled"]
    records, refused = read_rows(live, client, lambda row, asked: event(row, asked, zone))
    return Page(records=records, deleted=gone, cursor=onward, complete=complete, refused=refused)
