"""The sandbox's sample account: three calendars and some three hundred meetings around today."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.kit import moments
from dashboard.kit.sandbox import State, token

ZONE = "Europe/Moscow"
ME = "anna.smirnova@example.com"
TEAM = "c_0f3sales7team@group.calendar.google.com"
HOLIDAYS = "ru.russian#holiday@group.v.calendar.google.com"

TITLES = (
    "Созвон с клиентом «Ромашка»",
    "Product demo for Northwind",
    "Собеседование: менеджер по продажам",
    "Quarterly review",
    "Встреча с бухгалтерией",
    "Contract negotiation, Contoso",
    "Обед с партнёрами",
    "Design critique",
    "Показ квартиры на Лесной, 12",
    "Onboarding call: Globex",
)
TEAM_TITLES = ("Дежурство отдела продаж", "Pipeline review", "Обучение новичков", "Sales stand-up")
HOLIDAY_TITLES = ("День России", "День народного единства", "Новый год", "Рождество Христово")
GUESTS = (
    ("olga.petrova@example.com", "Ольга Петрова"),
    ("john.carter@example.org", "John Carter"),
    ("i.sidorov@example.net", "Илья Сидоров"),
    ("mei.tanaka@example.org", "Mei Tanaka"),
)
PLACES = ("", "Переговорная «Байкал»", "Meeting room 4", "ул. Лесная, 12", "")


def fresh() -> State:
    """Everything but the tokens."""
    state: State = {
        "person": {"id": "1084" + str(int(token(length=16), 16))[:17], "email": ME},
        "calendars": {row["id"]: row for row in _calendars()},
        "events": {ME: {}, TEAM: {}, HOLIDAYS: {}},
        "channels": {},
        "revision": 0,
        "epoch": token(length=8),
    }
    today = datetime.combine(moments.now().astimezone(ZoneInfo(ZONE)).date(), datetime.min.time())
    for number in range(230):
        put(state, ME, _meeting(today, number))
    for row in _series(today):
        put(state, ME, row)
    for number in range(40):
        put(state, TEAM, _shift(today, number))
    for number, title in enumerate(HOLIDAY_TITLES):
        put(state, HOLIDAYS, _holiday(today + timedelta(days=40 * number - 20), number, title))
    return state


def put(state: State, calendar: str, row: dict[str, Any]) -> dict[str, Any]:
    """Store a meeting as changed now; the change log is the revision it carries."""
    state["revision"] += 1
    now = moments.now().astimezone(UTC)
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    place = f"{row['id']} {calendar}".encode().hex()
    kept = {
        "kind": "calendar#event",
        "status": "confirmed",
        "created": stamp,
        "creator": {"email": ME},
        "organizer": {"email": calendar, "self": True},
        "iCalUID": f"{row['id']}@google.com",
        "htmlLink": f"https://www.google.com/calendar/event?eid={place[:60]}",
        "eventType": "default",
        "sequence": 0,
        **row,
        "updated": stamp,
        "etag": f'"{3_400_000_000_000_000 + state["revision"]}"',
        "rev": state["revision"],
    }
    state["events"][calendar][row["id"]] = kept
    return kept


def at(moment: datetime) -> dict[str, str]:
    """A start or end in the account's zone, with its offset."""
    local = moment.replace(tzinfo=ZoneInfo(ZONE)) if moment.tzinfo is None else moment
    shown = local.astimezone(ZoneInfo(ZONE)).isoformat(timespec="seconds")
    return {"dateTime": shown, "timeZone": ZONE}


def _calendars() -> list[dict[str, Any]]:
    meet = {"allowedConferenceSolutionTypes": ["hangoutsMeet"]}
    common = {"kind": "calendar#calendarListEntry", "timeZone": ZONE, "selected": True}
    reminder = [{"method": "popup", "minutes": 30}]
    return [
        {
            **common,
            "id": ME,
            "summary": ME,
            "summaryOverride": "Анна Смирнова",
            "accessRole": "owner",
            "primary": True,
            "conferenceProperties": meet,
            "defaultReminders": reminder,
        },
        {
            **common,
            "id": TEAM,
            "summary": "Отдел продаж / Sales team",
            "accessRole": "writer",
            "conferenceProperties": meet,
            "defaultReminders": [],
        },
        {
            **common,
            "id": HOLIDAYS,
            "summary": "Праздники России",
            "accessRole": "reader",
            "conferenceProperties": {"allowedConferenceSolutionTypes": []},
            "defaultReminders": [],
        },
    ]


def _meeting(today: datetime, number: int) -> dict[str, Any]:
    start = today + timedelta(days=number // 2 - 45, hours=9 + (number * 5) % 9)
    minutes = (30, 45, 60, 90)[number % 4]
    row: dict[str, Any] = {
        "id": f"m{number:04d}" + token(length=16).replace("w", "a"),
        "summary": f"{TITLES[number % len(TITLES)]} № {number + 1}",
        "start": at(start),
        "end": at(start + timedelta(minutes=minutes)),
    }
    if number % 3 == 0:
        guests = (GUESTS[number % 4], GUESTS[(number + 1) % 4])
        row["attendees"] = [
            {"email": mail, "displayName": name, "responseStatus": "accepted"}
            for mail, name in guests
        ]
    if place := PLACES[number % len(PLACES)]:
        row["location"] = place
    if number % 29 == 0:
        row |= {"start": _day(start), "end": _day(start + timedelta(days=1))}
    if number % 31 == 0:
        row["status"] = "tentative"
    if number % 37 == 0:
        row["transparency"] = "transparent"
    return row


def _series(today: datetime) -> list[dict[str, Any]]:
    monday = today - timedelta(days=today.weekday() + 28)
    start = monday + timedelta(hours=10)
    master = {
        "id": "p1an3rka" + token(length=16),
        "summary": "Планёрка / Weekly stand-up",
        "start": at(start),
        "end": at(start + timedelta(minutes=30)),
    }
    rows: list[dict[str, Any]] = [{**master, "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO"]}]
    for week in range(40):
        begins = start + timedelta(weeks=week)
        utc = datetime.fromisoformat(at(begins)["dateTime"]).astimezone(UTC)
        rows.append(
            {
                **master,
                "id": f"{master['id']}_{utc:%Y%m%dT%H%M%SZ}",
                "recurringEventId": master["id"],
                "originalStartTime": at(begins),
                "start": at(begins),
                "end": at(begins + timedelta(minutes=30)),
            }
        )
    return rows


def _shift(today: datetime, number: int) -> dict[str, Any]:
    start = today + timedelta(days=number - 10, hours=9 + number % 8)
    return {
        "id": f"t{number:04d}" + token(length=16),
        "summary": f"{TEAM_TITLES[number % len(TEAM_TITLES)]} № {number + 1}",
        "start": at(start),
        "end": at(start + timedelta(hours=1)),
    }


def _holiday(day: datetime, number: int, title: str) -> dict[str, Any]:
    return {
        "id": f"h{number:04d}" + token(length=16),
        "summary": title,
        "start": _day(day),
        "end": _day(day + timedelta(days=1)),
        "transparency": "transparent",
    }


def _day(moment: datetime) -> dict[str, str]:
    return {"date": moment.date().isoformat()}
