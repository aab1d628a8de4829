"""The meetings of Google Calendar in a box: paging, sync tokens, rights and clashes."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from dashboard.kit.sandbox import Call, State, token
from providers.google_calendar import sandbox_channels as channels
from providers.google_calendar import sandbox_rules as rules
from providers.google_calendar import sandbox_world as world
from providers.google_calendar.sandbox_rules import no

LIST = ("maxResults", "pageToken", "syncToken", "singleEvents", "showDeleted", "orderBy", "q")
MORE_LIST = ("timeMin", "timeMax", "timeZone", "updatedMin", "iCalUID", "eventTypes")
REST_LIST = ("privateExtendedProperty", "sharedExtendedProperty", "maxAttendees")
WRITE = ("sendUpdates", "sendNotifications", "conferenceDataVersion", "maxAttendees")


def listing(call: Call, state: State) -> httpx.Response:
    """A page of meetings: all of a window, or what changed since a sync token."""
    rules.only(call, *LIST, *MORE_LIST, *REST_LIST)
    rules.one_of(call, "orderBy", "startTime", "updated")
    if call.q("orderBy") == "startTime" and call.q("singleEvents") != "true":
        raise no(400, "badRequest", "The requested ordering is not available.", "orderBy")
    calendar = rules.calendar(call, state)
    place = rules.unpacked(call, "pageToken")
    rows = _changed(call, state, calendar["id"]) if call.q("syncToken") else _all(call, state)
    return httpx.Response(200, json=_page_of(call, state, rows, place, calendar))


def _all(call: Call, state: State) -> list[dict[str, Any]]:
    low, high = rules.bound(call, "timeMin"), rules.bound(call, "timeMax")
    text = call.q("q").lower()
    return [
        row
        for row in _flat(call, state)
        if (row["status"] != "cancelled" or call.q("showDeleted") == "true")
        and (low is None or rules.moment(row["end"]) > low)
        and (high is None or rules.moment(row["start"]) < high)
        and text in str(row.get("summary", "")).lower()
        and call.q("iCalUID") in ("", row["iCalUID"])
    ]


def _changed(call: Call, state: State, calendar: str) -> list[dict[str, Any]]:
    rules.check_token_use(call)
    since = rules.unpacked(call, "syncToken")
    if since.get("epoch") != state["epoch"] or since.get("calendar") != calendar:
        raise no(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
    if since["single"] != call.q("singleEvents"):
        raise no(400, "invalid", "singleEvents must be as in the first sync.", "singleEvents")
    fresh = [row for row in _flat(call, state) if row["rev"] > since["rev"]]
    return [_shown_deleted(row) if row["status"] == "cancelled" else row for row in fresh]


def _flat(call: Call, state: State) -> list[dict[str, Any]]:
    """Series as single meetings, or as their masters."""
    hidden = "recurrence" if call.q("singleEvents") == "true" else "recurringEventId"
    calendar = rules.real_id(call.parts["calendar"], state)
    rows = [row for row in state["events"][calendar].values() if hidden not in row]
    return sorted(rows, key=lambda row: row["rev"])


def _shown_deleted(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a deleted meeting only the id is sure to be told."""
    return {name: row[name] for name in ("kind", "id", "etag", "status", "rev")}


def _page_of(
    call: Call,
    state: State,
    rows: list[dict[str, Any]],
    place: Mapping[str, Any],
    calendar: Mapping[str, Any],
) -> dict[str, Any]:
    size, after = rules.page_size(call, 250, 2500), place.get("after", 0)
    seen = place.get("rev", state["revision"])
    rows = [row for row in rows if after < row["rev"] <= seen]
    body = {
        "kind": "calendar#events",
        "summary": calendar["summary"],
        "timeZone": calendar["timeZone"],
        "accessRole": calendar["accessRole"],
        "defaultReminders": calendar["defaultReminders"],
        "items": [],
    }
    # Google may send an empty page that still has a next one: this box always does, once.
    if place.get("empty"):
        return {**body, "nextPageToken": rules.packed(after=after, rev=seen)}
    body["items"] = [_shown(row) for row in rows[:size]]
    if size < len(rows):
        empty, last = not after and not call.q("syncToken"), rows[size - 1]["rev"]
        return {**body, "nextPageToken": rules.packed(after=last, rev=seen, empty=empty)}
    single = call.q("singleEvents")
    newest = {"rev": seen, "epoch": state["epoch"], "single": single, "calendar": calendar["id"]}
    return {**body, "nextSyncToken": rules.packed(**newest)}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "rev"}


def single(call: Call, state: State) -> httpx.Response:
    """One meeting; a deleted one is still shown, as cancelled."""
    return httpx.Response(200, json=_shown(_event(call, state)))


def _event(call: Call, state: State) -> dict[str, Any]:
    events = state["events"][rules.calendar(call, state)["id"]]
    if call.parts["event"] not in events:
        raise no(404, "notFound", "Not Found")
    row: dict[str, Any] = events[call.parts["event"]]
    return row


def insert(call: Call, state: State) -> httpx.Response:
    """A new meeting, under the caller's own id when one is sent."""
    rules.only(call, *WRITE)
    rules.one_of(call, "sendUpdates", "all", "externalOnly", "none")
    calendar, asked = rules.calendar(call, state, writing=True), dict(call.json)
    rules.check_times(asked)
    rules.check_guests(asked)
    own_id = asked.setdefault("id", token(length=26))
    if not re.fullmatch(r"[a-v0-9]{5,1024}", str(own_id)):
        raise no(400, "invalid", "Invalid resource id value.")
    if own_id in state["events"][calendar["id"]]:
        raise no(409, "duplicate", "The requested identifier already exists.")
    _hold_call(call, asked)
    row = world.put(state, calendar["id"], asked)
    channels.push(state, calendar["id"])
    return httpx.Response(200, json=_shown(row))


def _hold_call(call: Call, row: dict[str, Any]) -> None:
    """Make the video call that was asked for; without the version it is ignored."""
    wanted = row.pop("conferenceData", None)
    if call.q("conferenceDataVersion") != "1" or not wanted:
        return
    request = {**wanted["createRequest"], "status": {"statusCode": "success"}}
    code = str(request["requestId"])
    link = f"https://meet.google.com/{code[:3]}-{code[3:7]}-{code[7:10]}"
    row["hangoutLink"] = link
    row["conferenceData"] = {
        "createRequest": request,
        "entryPoints": [{"entryPointType": "video", "uri": link}],
    }


def patch(call: Call, state: State) -> httpx.Response:
    """A meeting with the sent members put over the old ones."""
    rules.only(call, *WRITE, "alwaysIncludeEmail")
    rules.one_of(call, "sendUpdates", "all", "externalOnly", "none")
    calendar, row = rules.calendar(call, state, writing=True), _event(call, state)
    if call.headers.get("if-match", row["etag"]) not in (row["etag"], "*"):
        raise no(412, "conditionNotMet", "Precondition Failed", "If-Match")
    if not row["organizer"].get("self"):
        raise no(403, "forbiddenForNonOrganizer", "Shared properties can only be changed by...")
    merged = _merged(row, call.json)
    rules.check_times(merged)
    rules.check_guests(merged)
    kept = world.put(state, calendar["id"], {**merged, "sequence": row["sequence"] + 1})
    channels.push(state, calendar["id"])
    return httpx.Response(200, json=_shown(kept))


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(old)
    for name, value in new.items():
        if value is None:
            whole.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            whole[name] = _merged(old[name], value)
        else:
            whole[name] = value
    return whole


def delete(call: Call, state: State) -> httpx.Response:
    """A meeting taken off the calendar; the second time it is gone."""
    rules.only(call, "sendUpdates", "sendNotifications")
    calendar, row = rules.calendar(call, state, writing=True), _event(call, state)
    if row["status"] == "cancelled":
        raise no(410, "deleted", "Resource has been deleted")
    world.put(state, calendar["id"], {**row, "status": "cancelled"})
    channels.push(state, calendar["id"])
    return httpx.Response(204)
