"""What Google refuses, and in which words: parameters, scopes, rights, times."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from dashboard.kit.sandbox import Call, Refused, State
from providers.google_calendar.sandbox_world import ZONE

PREFIX = "https://www.googleapis.com/auth/"
EVERY_CALL = frozenset(
    {"alt", "fields", "key", "prettyPrint", "quotaUser", "oauth_token", "userIp"}
)
WITHOUT_TOKEN = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "timeMin", "timeMax")
MORE_WITHOUT_TOKEN = ("sharedExtendedProperty", "updatedMin")
OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")

LISTS = ("calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly")
READS = ("calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly")
WRITES = ("calendar", "calendar.events", "calendar.events.owned")
FREE_BUSY = ("calendar", "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy")
SETTINGS = ("calendar", "calendar.readonly", "calendar.settings.readonly")


def problem(
    code: int, reason: str, message: str, *, location: str = "", domain: str = "global"
) -> httpx.Response:
    """An error as Google writes it."""
    row = {"domain": domain, "reason": reason, "message": message}
    if location:
        row |= {"locationType": "parameter", "location": location}
    body = {"error": {"code": code, "message": message, "errors": [row]}}
    return httpx.Response(code, json=body)


def no(code: int, reason: str, message: str, location: str = "") -> Refused:
    """The same, to be raised."""
    return Refused(problem(code, reason, message, location=location))


def need_scope(granted: str, accepted: tuple[str, ...]) -> None:
    """Refuse a token that has none of the accepted scopes."""
    if not {PREFIX + name for name in accepted} & set(granted.split()):
        raise no(403, "insufficientPermissions", "Request had insufficient authentication scopes.")


def only(call: Call, *names: str) -> None:
    """Refuse parameters the method does not have."""
    for name, _value in call.query:
        if name not in EVERY_CALL and name not in names:
            raise no(400, "badRequest", f"Unknown query parameter: {name}", name)


def one_of(call: Call, name: str, *values: str) -> None:
    """Refuse a value outside a closed list."""
    if call.q(name) and call.q(name) not in values:
        raise no(400, "invalidParameter", f"Invalid value for: {name}", name)


def page_size(call: Call, default: int, most: int) -> int:
    """`maxResults`, cut to the most a page can hold."""
    text = call.q("maxResults", str(default))
    if not text.isdigit() or int(text) < 1:
        raise no(400, "invalidParameter", "Invalid value for: maxResults", "maxResults")
    return min(int(text), most)


def bound(call: Call, name: str) -> datetime | None:
    """`timeMin` or `timeMax`, which must have an offset."""
    text = call.q(name)
    if not text:
        return None
    if not OFFSET.fullmatch(text):
        raise no(400, "badRequest", "Bad Request", name)
    return datetime.fromisoformat(text)


def check_token_use(call: Call) -> None:
    """Refuse what may not stand beside a sync token."""
    clash = [n for n in (*WITHOUT_TOKEN, *MORE_WITHOUT_TOKEN) if call.q(n)]
    if clash or call.q("showDeleted") == "false":
        name = clash[0] if clash else "showDeleted"
        message = f"Sync token cannot be used with other query restrictions: {name}"
        raise no(400, "invalid", message, name)


def calendar(call: Call, state: State, *, writing: bool = False) -> dict[str, Any]:
    """The calendar named in the path, when this person may use it so."""
    row: dict[str, Any] | None = state["calendars"].get(real_id(call.parts["calendar"], state))
    if row is None:
        raise no(404, "notFound", "Not Found")
    if writing and row["accessRole"] not in ("owner", "writer"):
        message = "You need to have writer access to this calendar."
        raise no(403, "requiredAccessLevel", message)
    return row


def real_id(name: str, state: State) -> str:
    """`primary` is another name of the person's own calendar."""
    return str(state["person"]["email"]) if name == "primary" else name


def moment(row: Mapping[str, Any]) -> datetime:
    """The moment in a start or end."""
    if row.get("date"):
        midnight = datetime.combine(date.fromisoformat(row["date"]), datetime.min.time())
        return midnight.replace(tzinfo=ZoneInfo(row.get("timeZone") or ZONE))
    at = datetime.fromisoformat(row["dateTime"])
    return at.replace(tzinfo=ZoneInfo(row["timeZone"])) if at.tzinfo is None else at


def check_times(row: Mapping[str, Any]) -> None:
    """Refuse a meeting without a sound start and end."""
    for name in ("start", "end"):
        part = row.get(name) or {}
        if not part.get("date") and not part.get("dateTime"):
            raise no(400, "required", f"Missing {name} time.")
        if part.get("date") and part.get("dateTime"):
            raise no(400, "invalid", f"Invalid {name} time.")
        try:
            moment(part)
        except (ValueError, KeyError, TypeError):
            raise no(400, "invalid", f"Invalid {name} time.") from None
    if moment(row["end"]) <= moment(row["start"]):
        raise no(400, "timeRangeEmpty", "The specified time range is empty.")


def check_guests(row: Mapping[str, Any]) -> None:
    """Refuse guests without an address, and more reminders than Google keeps."""
    if any("@" not in str(guest.get("email", "")) for guest in row.get("attendees") or []):
        raise no(400, "invalid", "Invalid attendee email.")
    overrides = (row.get("reminders") or {}).get("overrides") or []
    if len(overrides) > 5 or any(not 0 <= r.get("minutes", -1) <= 40320 for r in overrides):
        raise no(400, "invalid", "Invalid reminders.")


def packed(**parts: Any) -> str:
    """An opaque token."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def unpacked(call: Call, name: str) -> dict[str, Any]:
    """What is in a page or sync token, empty when none was sent."""
    text = call.q(name)
    try:
        padded = text + "=" * (-len(text) % 4)
        read = json.loads(base64.urlsafe_b64decode(padded) or b"{}")
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise no(400, "invalid", f"Invalid {name} value.", name)
    return read
