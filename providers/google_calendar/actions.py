"""What an agent may do in the chosen calendar."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.contracts.calendar import (
    Busy,
    CancelEvent,
    CreateEvent,
    EventCancelled,
    EventSaved,
    FindSlot,
    FreeBusy,
    Invite,
    Slots,
    Span,
    UpdateEvent,
    Window,
)
from dashboard.contracts.errors import Rejected, Unavailable
from dashboard.contracts.records import Event
from dashboard.kit import moments
from dashboard.kit.http import Client
from providers.google_calendar import slots, times
from providers.google_calendar.client import API, calendar_id, events_path
from providers.google_calendar.streams import addresses, event

MOST_REMINDERS, EARLIEST_REMINDER = 5, 40_320


@action(Effect.WRITE, Repeat.KEYED, touches="events")
def create_event(client: Client, request: CreateEvent, *, key: str) -> EventSaved:
    """Put a meeting into the calendar under an id made from the key, so a repeat finds it."""
    if client.settings.get("auto_create") is False:
        raise Rejected("auto_create_off")
    body = _new_event(client, request, _own_id(key, request))
    params = {
        "sendUpdates": _updates(notify=request.notify),
        "conferenceDataVersion": 1 if "conferenceData" in body else None,
    }
    try:
        sent = client.call(
            "POST", events_path(client), params=params, json=body, safe=True, holds="id"
        )
    except Rejected as refused:
        if refused.status != 409:
            raise
        return _saved(client, client.get(events_path(client, body["id"]), holds="id"))
    return _saved(client, sent.body)


@action(Effect.WRITE, Repeat.SAFE, touches="events")
def update_event(client: Client, request: UpdateEvent, *, key: str) -> EventSaved:
    """Change what is given; a new start alone keeps the length."""
    del key
    row = client.get(events_path(client, request.event_id), holds="id")
    words = {
        "summary": request.title,
        "description": request.description,
        "location": request.location,
    }
    changed: dict[str, Any] = {name: text for name, text in words.items() if text is not None}
    if request.starts_at or request.ends_at:
        changed |= _new_times(client, request, row)
    return _patched(client, row, changed, notify=request.notify) if changed else _saved(client, row)


@action(Effect.DESTROY, Repeat.SAFE)
def cancel_event(client: Client, request: CancelEvent, *, key: str) -> EventCancelled:
    """Take the meeting off the calendar; one that is gone already counts as cancelled."""
    del key
    params = {"sendUpdates": _updates(notify=request.notify)}
    path = events_path(client, request.event_id)
    try:
        client.call("DELETE", path, params=params, safe=True)
    except Rejected as refused:
        if refused.status not in (404, 410):
            raise
        return EventCancelled(external_id=request.event_id, already=True)
    return EventCancelled(external_id=request.event_id)


@action(Effect.WRITE, Repeat.SAFE, touches="events")
def invite(client: Client, request: Invite, *, key: str) -> EventSaved:
    """Add people to those already invited; Google replaces the list, so it is sent whole."""
    del key
    row = client.get(events_path(client, request.event_id), holds="id")
    if row.get("attendeesOmitted"):
        raise Rejected("guests_hidden", field="attendees")
    invited = {address.lower() for address in addresses(row)}
    new = [guest for guest in _guests(request.attendees) if guest["email"].lower() not in invited]
    if not new:
        return _saved(client, row)
    guests = [*(row.get("attendees") or []), *new]
    return _patched(client, row, {"attendees": guests}, notify=request.notify)


@action(Effect.READ, Repeat.SAFE)
def free_busy(client: Client, request: FreeBusy, *, key: str) -> Busy:
    """When the calendar is taken; tentative meetings count, free ones do not."""
    del key
    zone_name = _zone_name(client, request.time_zone)
    zone, (start, end) = times.zone_of(zone_name), _window(client, request)
    busy = _busy(client, start, end, zone_name)
    spans = [_span(s.astimezone(zone), e.astimezone(zone)) for s, e in busy]
    return Busy(time_zone=zone_name, busy=spans)


@action(Effect.READ, Repeat.SAFE)
def find_slot(client: Client, request: FindSlot, *, key: str) -> Slots:
    """Free starts inside working days, never in the past."""
    del key
    if request.to_hour <= request.from_hour:
        raise Rejected("hours_reversed", field="to_hour")
    zone_name = _zone_name(client, request.time_zone)
    start, end = _window(client, request)
    day = slots.WorkingDay(
        zone=times.zone_of(zone_name),
        from_hour=request.from_hour,
        to_hour=request.to_hour,
        weekends=request.weekends,
    )
    length = timedelta(minutes=request.minutes or _default_minutes(client))
    busy = _busy(client, start, end, zone_name)
    found = slots.free_slots(busy, (max(start, moments.now()), end), day, length)
    spans = [_span(s, e) for s, e in islice(found, request.limit)]
    return Slots(time_zone=zone_name, slots=spans)


def _own_id(key: str, request: CreateEvent) -> str:
    """An id Google accepts (a-v and 0-9), the same for the same key and request."""
    return hashlib.sha256(f"{key}\n{request.model_dump_json()}".encode()).hexdigest()


def _new_event(client: Client, request: CreateEvent, own_id: str) -> dict[str, Any]:
    zone_name = _zone_name(client, request.time_zone)
    zone = times.zone_of(zone_name)
    starts = times.local(request.starts_at, zone)
    length = timedelta(minutes=_default_minutes(client))
    ends = times.local(request.ends_at, zone) if request.ends_at else times.later(starts, length)
    body: dict[str, Any] = {
        "id": own_id,
        "summary": request.title,
        **_times(starts, ends, zone_name),
        **_reminders(client, request),
    }
    body |= {n: v for n in ("description", "location") if (v := getattr(request, n))}
    if request.attendees:
        body["attendees"] = _guests(request.attendees)
    if request.video_call or client.settings.get("video_call"):
        kind = {"conferenceSolutionKey": {"type": "hangoutsMeet"}}
        body["conferenceData"] = {"createRequest": {"requestId": own_id, **kind}}
    return body


def _reminders(client: Client, request: CreateEvent) -> dict[str, Any]:
    chosen = request.reminders
    if chosen is None:
        chosen = client.settings.get("reminders")
    if chosen is None:
        return {}  # the calendar's own defaults
    if len(chosen) > MOST_REMINDERS or any(not 0 <= m <= EARLIEST_REMINDER for m in chosen):
        raise Rejected("reminders_out_of_range", field="reminders")
    overrides = [{"method": "popup", "minutes": minutes} for minutes in chosen]
    return {"reminders": {"useDefault": False, "overrides": overrides}}


def _new_times(client: Client, request: UpdateEvent, row: Mapping[str, Any]) -> dict[str, Any]:
    now = _read(client, row)
    zone_name = request.time_zone or now.time_zone
    zone = times.zone_of(zone_name)
    old_start, old_end = times.read(row["start"], zone_name), times.read(row["end"], zone_name)
    starts = times.local(request.starts_at or old_start, zone)
    kept = times.later(starts, old_end - old_start) if request.starts_at else old_end
    written = _times(starts, times.local(request.ends_at or kept, zone), zone_name)
    if now.all_day:  # a day becomes hours only when the date is taken away
        written = {name: {**value, "date": None} for name, value in written.items()}
    return written


def _times(starts: datetime, ends: datetime, zone_name: str) -> dict[str, Any]:
    # In one zone Python compares the hands of the clock, which are the same twice in autumn.
    if ends.astimezone(UTC) <= starts.astimezone(UTC):
        raise Rejected("ends_before_start", field="ends_at")
    return {"start": times.written(starts, zone_name), "end": times.written(ends, zone_name)}


def _patched(
    client: Client, row: Mapping[str, Any], changed: dict[str, Any], *, notify: bool
) -> EventSaved:
    match = {"if-match": str(row["etag"])} if row.get("etag") else {}
    path, params = events_path(client, row["id"]), {"sendUpdates": _updates(notify=notify)}
    sent = client.call(
        "PATCH", path, params=params, json=changed, headers=match, safe=True, holds="id"
    )
    return _saved(client, sent.body)


def _read(client: Client, row: Mapping[str, Any]) -> Event:
    try:
        return event(row, client)
    except (KeyError, TypeError, ValueError) as odd:
        raise Unavailable(detail=f"event not as documented: {type(odd).__name__}") from None


def _saved(client: Client, row: Mapping[str, Any]) -> EventSaved:
    if row.get("status") == "cancelled":
        raise Rejected("cancelled_already", field="event_id")
    now = _read(client, row)
    zone = times.zone_of(now.time_zone)
    return EventSaved(
        external_id=now.external_id,
        starts_at=times.read(row["start"], now.time_zone).astimezone(zone),
        ends_at=times.read(row["end"], now.time_zone).astimezone(zone),
        time_zone=now.time_zone,
        url=now.url,
        meeting_link=now.meeting_link,
        attendees=list(now.attendees),
    )


def _busy(client: Client, start: datetime, end: datetime, zone_name: str) -> list[slots.Span]:
    asked = {
        "timeMin": start.isoformat(timespec="seconds"),
        "timeMax": end.isoformat(timespec="seconds"),
        "timeZone": zone_name,
        "items": [{"id": calendar_id(client)}],
    }
    path = f"{API}/freeBusy"
    body = client.call("POST", path, json=asked, safe=True, holds="calendars").body
    answer: Mapping[str, Any] = next(iter(body.get("calendars", {}).values()), {})
    if answer.get("errors"):  # a bad calendar is told inside an answer of 200
        raise Rejected("calendar_gone", reason=str(answer["errors"][0].get("reason", "")))
    rows = answer.get("busy", [])
    return slots.merged([(moments.from_iso(r["start"]), moments.from_iso(r["end"])) for r in rows])


def _window(client: Client, request: Window) -> slots.Span:
    zone = times.zone_of(_zone_name(client, request.time_zone))
    return times.local(request.starts_at, zone), times.local(request.ends_at, zone)


def _zone_name(client: Client, asked: str) -> str:
    return asked or str(client.settings.get("time_zone") or "UTC")


def _default_minutes(client: Client) -> int:
    return int(client.settings.get("event_minutes") or 30)


def _guests(attendees: list[str]) -> list[dict[str, str]]:
    unique = {address.lower(): address for address in attendees}
    return [{"email": one, "responseStatus": "needsAction"} for one in unique.values()]


def _updates(*, notify: bool) -> str:
    # Left out, Google tells nobody; "none" may even keep the meeting from outside guests.
    return "all" if notify else "none"


def _span(start: datetime, end: datetime) -> Span:
    return Span(starts_at=start, ends_at=end)
