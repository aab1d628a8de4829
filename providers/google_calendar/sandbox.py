"""Google Calendar in a box: consent, calendars, meetings, sync tokens and push channels."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dashboard.contracts.forms import Field, Kind
from dashboard.contracts.manifest import OAuth2
from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Handler, Sandbox, State, token
from dashboard.kit.sandbox_oauth import OAuthBox, revoke_token
from providers.google_calendar import sandbox_channels as channels
from providers.google_calendar import sandbox_events as events
from providers.google_calendar import sandbox_rules as rules
from providers.google_calendar import sandbox_world as world
from providers.google_calendar.manifest import MANIFEST
from providers.google_calendar.sandbox_rules import no, problem

API = "/calendar/v3"


def _refuse(status: int) -> httpx.Response:
    if status == 429:
        return problem(429, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits")
    return problem(status, "backendError", "Backend Error")


def _seed() -> State:
    return {"oauth": box.seed(), **world.fresh()}


def _unauthorized() -> httpx.Response:
    answer = problem(401, "authError", "Invalid Credentials")
    answer.headers["www-authenticate"] = 'Bearer realm="https://accounts.google.com/"'
    return answer


def _way() -> OAuth2:
    way = MANIFEST.auth[0]
    if not isinstance(way, OAuth2):
        raise TypeError(way)
    return way


sandbox = Sandbox(_seed, _refuse)
box = OAuthBox(
    sandbox=sandbox,
    method=_way(),
    vendor="Google",
    account=lambda state: str(state["person"]["email"]),
    access_prefix="ya29.sandbox-",
    refresh_prefix="1//sandbox-",
    unauthorized=_unauthorized,
)
box.install()


@sandbox.sample_credentials
def _credentials(state: State, _method: str) -> Mapping[str, str]:
    return box.app(state)


@sandbox.route("POST", "/revoke", host="token")
def _revoke(call: Call, state: State) -> httpx.Response:
    given = call.f("token") or call.q("token")
    known = revoke_token(state, given)
    if not known:
        return httpx.Response(400, json={"error": "invalid_token"})
    return httpx.Response(200, json={})


@sandbox.route("GET", "/oauth2/v2/userinfo")
def _userinfo(call: Call, state: State) -> httpx.Response:
    rules.need_scope(box.require(call, state), ("userinfo.email",))
    return httpx.Response(200, json={**state["person"], "verified_email": True})


def _calendar_list(call: Call, state: State) -> httpx.Response:
    rules.only(call, "maxResults", "pageToken", "minAccessRole", "showDeleted", "showHidden")
    rows, size = list(state["calendars"].values()), rules.page_size(call, 100, 250)
    at = rules.unpacked(call, "pageToken").get("at", 0)
    body: dict[str, Any] = {"kind": "calendar#calendarList", "items": rows[at : at + size]}
    if at + size < len(rows):
        return httpx.Response(200, json={**body, "nextPageToken": rules.packed(at=at + size)})
    return httpx.Response(200, json={**body, "nextSyncToken": rules.packed(list=1)})


def _calendar_entry(call: Call, state: State) -> httpx.Response:
    return httpx.Response(200, json=rules.calendar(call, state))


def _time_zone(_call: Call, _state: State) -> httpx.Response:
    return httpx.Response(
        200, json={"kind": "calendar#setting", "id": "timezone", "value": world.ZONE}
    )


def _free_busy(call: Call, state: State) -> httpx.Response:
    asked, edges = call.json, []
    for name in ("timeMin", "timeMax"):
        if not rules.OFFSET.fullmatch(str(asked.get(name, ""))):
            raise no(400, "required" if name not in asked else "badRequest", "Bad Request", name)
        edges.append(datetime.fromisoformat(asked[name]))
    if edges[1] <= edges[0]:
        raise no(400, "timeRangeEmpty", "The specified time range is empty.")
    found = {i["id"]: _busy(state, i["id"], edges) for i in asked.get("items", [])}
    body = {"kind": "calendar#freeBusy", "timeMin": asked["timeMin"], "timeMax": asked["timeMax"]}
    return httpx.Response(200, json={**body, "calendars": found})


def _busy(state: State, name: str, edges: list[datetime]) -> dict[str, Any]:
    events = state["events"].get(rules.real_id(name, state))
    if events is None:
        return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    spans = [
        (max(rules.moment(row["start"]), edges[0]), min(rules.moment(row["end"]), edges[1]))
        for row in events.values()
        if row["status"] != "cancelled"
        and row.get("transparency") != "transparent"
        and "recurrence" not in row
    ]
    rows = [
        {"start": moments.to_iso(s), "end": moments.to_iso(e)} for s, e in sorted(spans) if s < e
    ]
    return {"busy": rows}


def _guarded(accepted: tuple[str, ...], handler: Handler) -> Handler:
    """The handler behind a live token that has one of the accepted scopes."""

    def answer(call: Call, state: State) -> httpx.Response:
        rules.need_scope(box.require(call, state), accepted)
        return handler(call, state)

    return answer


def _open_routes() -> None:
    calendars, one = f"{API}/users/me/calendarList", f"{API}/calendars/{{calendar}}"
    for method, path, accepted, handler in (
        ("GET", calendars, rules.LISTS, _calendar_list),
        ("GET", f"{calendars}/{{calendar}}", rules.LISTS, _calendar_entry),
        ("GET", f"{API}/users/me/settings/timezone", rules.SETTINGS, _time_zone),
        ("POST", f"{API}/freeBusy", rules.FREE_BUSY, _free_busy),
        ("GET", f"{one}/events", rules.READS, events.listing),
        ("POST", f"{one}/events", rules.WRITES, events.insert),
        ("POST", f"{one}/events/watch", rules.READS, channels.watch),
        ("POST", f"{API}/channels/stop", rules.READS, channels.stop),
        ("GET", f"{one}/events/{{event}}", rules.READS, events.single),
        ("PATCH", f"{one}/events/{{event}}", rules.WRITES, events.patch),
        ("DELETE", f"{one}/events/{{event}}", rules.WRITES, events.delete),
    ):
        sandbox.route(method, path)(_guarded(accepted, handler))


_open_routes()


# --- what a person does in Google's own calendar ----------------------------------------------


def _meetings(state: State) -> Mapping[str, Mapping[str, str]]:
    """Meetings to come, those of the person's own calendar first."""
    now = moments.now()
    rows = [
        (f"{calendar}/{row['id']}", f"{row['summary']} — {row['start'].get('dateTime', '')[:16]}")
        for calendar in (world.ME, world.TEAM)
        for row in sorted(state["events"][calendar].values(), key=lambda r: str(r["start"]))
        if row["status"] == "confirmed" and "dateTime" in row["start"] and "recurrence" not in row
        if rules.moment(row["start"]) > now
    ]
    own = [row for row in rows if row[0].startswith(world.ME)][:15]
    return {"event": dict(own + [row for row in rows if not row[0].startswith(world.ME)][:10])}


def _writable(state: State) -> Mapping[str, Mapping[str, str]]:
    rows = [row for row in state["calendars"].values() if row["accessRole"] != "reader"]
    return {"calendar": {r["id"]: str(r.get("summaryOverride") or r["summary"]) for r in rows}}


@sandbox.gesture(
    "add_event",
    Field(name="calendar", kind=Kind.CHOICE, default=world.ME),
    Field(name="title", default="Встреча с новым клиентом"),
    Field(name="hours", kind=Kind.NUMBER, default=24, minimum=1, maximum=24 * 90),
    choices=_writable,
)
def _add_event(state: State, values: Mapping[str, Any], _base: str) -> None:
    start = moments.now().replace(minute=0, second=0, microsecond=0)
    start += timedelta(hours=int(values["hours"]))
    row = {
        "id": token(length=26),
        "summary": str(values["title"]),
        "start": world.at(start),
        "end": world.at(start + timedelta(minutes=45)),
    }
    world.put(state, str(values["calendar"]), row)
    channels.push(state, str(values["calendar"]))


@sandbox.gesture(
    "move_event",
    Field(name="event", kind=Kind.CHOICE),
    Field(name="hours", kind=Kind.NUMBER, default=24, minimum=1, maximum=24 * 90),
    choices=_meetings,
)
def _move_event(state: State, values: Mapping[str, Any], _base: str) -> None:
    calendar, _, event_id = str(values["event"]).rpartition("/")
    row, span = state["events"][calendar][event_id], timedelta(hours=int(values["hours"]))
    moved = {n: world.at(rules.moment(row[n]).astimezone(UTC) + span) for n in ("start", "end")}
    world.put(state, calendar, {**row, **moved, "sequence": row["sequence"] + 1})
    channels.push(state, calendar)


@sandbox.gesture("cancel_event", Field(name="event", kind=Kind.CHOICE), choices=_meetings)
def _cancel_event(state: State, values: Mapping[str, Any], _base: str) -> None:
    calendar, _, event_id = str(values["event"]).rpartition("/")
    world.put(state, calendar, {**state["events"][calendar][event_id], "status": "cancelled"})
    channels.push(state, calendar)
