"""Push channels of Google Calendar in a box: opened, stopped, and told of every change."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Emitted, State, emit, token
from providers.google_calendar import sandbox_rules as rules
from providers.google_calendar.sandbox_rules import no

WEEK, MONTH = 7 * 86_400, 30 * 86_400


def watch(call: Call, state: State) -> httpx.Response:
    """A new channel on a calendar's meetings, which is greeted at once."""
    calendar, asked = rules.calendar(call, state), call.json
    if calendar["accessRole"] == "reader":
        message = "Push notifications are not supported by this resource."
        raise no(400, "pushNotSupportedForRequestedResource", message)
    _check(asked, state)
    until = moments.now().timestamp() + _life(asked)
    channel = {
        "id": asked["id"],
        "calendar": calendar["id"],
        "resource": token(length=26),
        "address": asked["address"],
        "token": asked.get("token", ""),
        "until": until,
        "sent": 0,
    }
    state["channels"][asked["id"]] = channel
    _tell(state, channel, "sync")
    answer = {
        "kind": "api#channel",
        "id": channel["id"],
        "resourceId": channel["resource"],
        "resourceUri": _address(channel),
        "expiration": str(int(until * 1000)),
        **({"token": channel["token"]} if channel["token"] else {}),
    }
    return httpx.Response(200, json=answer)


def stop(call: Call, state: State) -> httpx.Response:
    """The channel with that id and resource says no more."""
    asked = call.json
    channel = state["channels"].get(asked.get("id"))
    if not channel or channel["resource"] != asked.get("resourceId"):
        raise no(404, "notFound", f"Channel '{asked.get('id')}' not found for project")
    del state["channels"][channel["id"]]
    return httpx.Response(204)


def push(state: State, calendar: str) -> None:
    """Tell every live channel of a calendar that something changed."""
    now = moments.now().timestamp()
    for channel in state["channels"].values():
        if channel["calendar"] == calendar and channel["until"] > now:
            _tell(state, channel, "exists")


def _check(asked: dict[str, Any], state: State) -> None:
    if asked.get("type") not in ("web_hook", "webhook"):
        raise no(400, "channelUnknownType", "Unknown channel type.")
    if not re.fullmatch(r"[A-Za-z0-9\-_+/=]{1,64}", str(asked.get("id", ""))):
        raise no(400, "channelIdInvalid", "Invalid channel id.")
    if asked["id"] in state["channels"]:
        raise no(400, "channelIdNotUnique", f"Channel id {asked['id']} not unique")
    # The real one takes only https; a desk on this machine may be plain http.
    if urlsplit(str(asked.get("address", ""))).scheme not in ("https", "http"):
        raise no(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS.")
    if len(str(asked.get("token", ""))) > 256:
        raise no(400, "channelTokenTooLong", "Channel token is too long.")


def _life(asked: dict[str, Any]) -> float:
    """Seconds, by the stricter of what was asked and what is allowed."""
    lives = [float((asked.get("params") or {}).get("ttl") or WEEK), float(MONTH)]
    if asked.get("expiration"):
        lives.append(int(asked["expiration"]) / 1000 - moments.now().timestamp())
    return min(lives)


def _tell(state: State, channel: dict[str, Any], what: str) -> None:
    channel["sent"] += 1
    until = datetime.fromtimestamp(channel["until"], UTC)
    headers = {
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Message-Number": str(channel["sent"]),
        "X-Goog-Resource-ID": channel["resource"],
        "X-Goog-Resource-State": what,
        "X-Goog-Resource-URI": _address(channel),
        "X-Goog-Channel-Expiration": f"{until:%a, %d %b %Y %H:%M:%S} GMT",
        **({"X-Goog-Channel-Token": channel["token"]} if channel["token"] else {}),
    }
    emit(state, Emitted(url=channel["address"], body=b"", headers=headers))


def _address(channel: dict[str, Any]) -> str:
    calendar = quote(channel["calendar"], safe="")
    return f"https://www.googleapis.com/calendar/v3/calendars/{calendar}/events?alt=json"
