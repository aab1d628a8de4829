"""One Google account and the calendar chosen in it."""

from collections.abc import Mapping
from typing import Any

from dashboard.contracts.accounts import Account, Check, Choice, Revocation
from dashboard.contracts.errors import Rejected
from dashboard.kit.access import Access
from dashboard.kit.http import Client, required, segment
from providers._google import errors, oauth

API = "/calendar/v3"
PRIMARY = "primary"

# writerWithoutPrivateAccess came in 2026: it writes, but sees private meetings as busy only.
WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})

CODES = {
    "forbiddenForNonOrganizer": "not_organizer",
    "requiredAccessLevel": "read_only_calendar",
    "conditionNotMet": "changed_meanwhile",
    "pushNotSupportedForRequestedResource": "push_unsupported",
    "unauthorizedWebhookCallback": "address_refused",
}


def connect(access: Access) -> Client:
    """A client that signs as the connected person."""
    token = access.credentials.get("access_token", "")
    headers = {"authorization": f"Bearer {token}"}
    return Client(access, headers=headers, explain=errors.reader(CODES))


def identify(client: Client) -> Account:
    """Whose calendars these are; the primary calendar is remembered by its real id."""
    primary = client.get(f"{API}/users/me/calendarList/{PRIMARY}")
    address = required(primary, "id")
    known = _person(client, address)
    return Account(
        id=known.id,
        name=known.email or address,
        url="https://calendar.google.com/calendar/",
        details={"time_zone": str(primary.get("timeZone", ""))},
        settings={"primary_calendar": address},
    )


def revoke(client: Client) -> Revocation:
    """Take back everything the person granted to this app."""
    return oauth.revoke(client.access)


def choices(client: Client, name: str) -> list[Choice]:
    """Every calendar of the person, the primary one first, under the name they gave it.

    Raises:
        Rejected: There is no list of that name.
    """
    if name != "calendars":
        raise Rejected(field=name)
    rows = sorted(_calendar_rows(client), key=lambda row: not row.get("primary"))
    return [_choice(row) for row in rows]


def checks(client: Client) -> list[Check]:
    """The chosen calendar exists, can be written, and can hold video calls when they are on."""
    try:
        row = client.get(f"{API}/users/me/calendarList/{segment(calendar_id(client))}", holds="id")
    except Rejected as refused:
        if refused.status != 404:
            raise
        return [Check(name="setting.calendar_id", ok=False, detail=calendar_id(client))]
    writable = row.get("accessRole") in WRITERS
    found = [
        Check(name="setting.calendar_id", ok=True, detail=calendar_name(row)),
        Check(name="calendar_writable", ok=writable, detail=str(row.get("accessRole", ""))),
    ]
    if client.settings.get("video_call"):
        kinds = _conference_kinds(row)
        meets = "hangoutsMeet" in kinds
        found.append(Check(name="setting.video_call", ok=meets, detail=", ".join(kinds)))
    return found


def calendar_id(client: Client) -> str:
    """The real id of the chosen calendar; `primary` only before the account was identified."""
    chosen = str(client.settings.get("calendar_id") or PRIMARY)
    return chosen if chosen != PRIMARY else str(client.settings.get("primary_calendar", PRIMARY))


def calendar_name(row: Mapping[str, Any]) -> str:
    """What the person calls this calendar."""
    return str(row.get("summaryOverride") or row.get("summary") or row["id"])


def events_path(client: Client, event_id: str = "") -> str:
    """Path of the chosen calendar's events, or of one of them."""
    path = f"{API}/calendars/{segment(calendar_id(client))}/events"
    return f"{path}/{segment(event_id)}" if event_id else path


def _person(client: Client, address: str) -> oauth.Person:
    try:
        return oauth.person(client)
    except Rejected as refused:
        if refused.status != 404:
            raise
        # A gateway may let only the Calendar API through; the primary calendar's id is the
        # person's address.
        return oauth.Person(id=address, email=address)


def _calendar_rows(client: Client) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    params: dict[str, Any] = {"maxResults": 250}
    while True:
        body = client.get(f"{API}/users/me/calendarList", params, holds="kind") or {}
        rows += body.get("items") or []
        if not (token := body.get("nextPageToken")):
            return rows
        params["pageToken"] = token


def _choice(row: Mapping[str, Any]) -> Choice:
    name = calendar_name(row)
    if row.get("primary"):
        return Choice(value=PRIMARY, label=f"{name} ★")
    return Choice(value=str(row["id"]), label=name)


def _conference_kinds(row: Mapping[str, Any]) -> list[str]:
    allowed = row.get("conferenceProperties") or {}
    return [str(kind) for kind in allowed.get("allowedConferenceSolutionTypes") or []]
