"""The sandbox's account: people, pipelines, fields and a year of sales, in two languages."""

import base64
import json
import secrets
from typing import Any

from dashboard.kit import moments
from dashboard.kit.sandbox import State, token
from providers.kommo.sandbox_fields import CONTACT_FIELDS, FIRM_FIELDS, LEAD_FIELDS, chosen, value

HOST = "sandbox-desk.kommo.com"
DAY = 86_400
DEALS, PEOPLE, FIRMS, TASKS = 268, 64, 18, 45
USERS = ("Анна Смирнова", "John Miller", "Ольга Петрова", "Carlos Ruiz")
FIRST = ("Иван", "Мария", "Alice", "Пётр", "Emma", "Светлана", "Bruno", "Елена")
LAST = ("Соколов", "Lebedeva", "Brown", "Ким", "García", "Орлова", "Novak", "Зайцева")
COMPANIES = ("ООО «Северный ветер»", "Bright Windows Ltd", "ИП Кравцов", "Lumen Studio", "АО «Юг»")
WISHES = ("Ремонт офиса", "Website redesign", "Поставка мебели", "Annual support", "Обучение")
TODO = ("Позвонить и уточнить бюджет", "Send the offer", "Встреча в офисе", "Ask for feedback")


def account_state() -> State:
    """A fresh world; ids of accounts and tokens are random, the rest is always alike."""
    now = moments.to_unix(moments.now())
    account_id = 31_000_000 + secrets.randbelow(900_000)
    users = [_user(500_001 + place, name) for place, name in enumerate(USERS)]
    state: State = {
        "account": _account(account_id, users[0]["id"], now),
        "filters": True,
        "token": long_lived(account_id, users[0]["id"]),
        "last_id": 9_000_000,
        "users": users,
        "pipelines": [_pipeline(7_100, "Продажи", RU), _pipeline(7_200, "Partners", EN)],
        "fields": {"leads": LEAD_FIELDS, "contacts": CONTACT_FIELDS, "companies": FIRM_FIELDS},
        "notes": [],
        "events": [],
        "hooks": [],
        "tags": {"leads": [], "contacts": [], "companies": []},
    }
    state["rows"] = {
        "companies": [_firm(place, now) for place in range(FIRMS)],
        "contacts": [_person(place, now) for place in range(PEOPLE)],
        "leads": [_deal(place, now) for place in range(DEALS)],
        "tasks": [_task(place, now) for place in range(TASKS)],
    }
    for rows in state["rows"].values():
        for row in rows:
            row["account_id"] = account_id
    return state


def long_lived(account_id: int, user_id: int) -> str:
    """A long-lived token: a JWT of the vendor's shape, good for a year, signed by nobody."""
    now = moments.to_unix(moments.now())
    header = {"typ": "JWT", "alg": "RS256", "jti": secrets.token_hex(40)}
    payload = {
        "aud": token("", 32),
        "jti": header["jti"],
        "iat": now,
        "nbf": now,
        "exp": now + 365 * DAY,
        "sub": str(user_id),
        "grant_type": "",
        "account_id": account_id,
        "base_domain": "kommo.com",
        "version": 2,
        "scopes": ["crm", "notifications"],
        "api_domain": "api-sandbox.kommo.com",
    }
    parts = [json.dumps(part).encode() for part in (header, payload)]
    return ".".join(_packed(part) for part in (*parts, secrets.token_bytes(64)))


def _packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _account(account_id: int, user_id: int, now: int) -> dict[str, Any]:
    return {
        "id": account_id,
        "name": "Sandbox: Окна и двери",
        "subdomain": HOST.partition(".")[0],
        "created_at": now - 400 * DAY,
        "created_by": 0,
        "updated_at": now - DAY,
        "updated_by": 0,
        "current_user_id": user_id,
        "country": "RU",
        "currency": "RUB",
        "currency_symbol": "₽",
        "customers_mode": "unavailable",
        "is_unsorted_on": True,
        "is_loss_reason_enabled": True,
        "is_helpbot_enabled": False,
        "is_technical_account": False,
        "contact_name_display_order": 1,
        "language": "ru",
    }


def _user(user_id: int, name: str) -> dict[str, Any]:
    mail = f"user{user_id}@example.com"
    rights = {"is_admin": user_id == 500_001, "is_active": True}
    return {"id": user_id, "name": name, "email": mail, "lang": "ru", "rights": rights}


RU = ("Неразобранное", "Первичный контакт", "Переговоры", "Принимают решение")
CLOSED_RU = ("Успешно реализовано", "Закрыто и не реализовано")
CLOSED_EN = ("Closed - won", "Closed - lost")
EN = ("Incoming leads", "New partner", "Qualified", "Contract sent")


def _pipeline(pipeline_id: int, name: str, stages: tuple[str, ...]) -> dict[str, Any]:
    russian = stages is RU
    closed = CLOSED_RU if russian else CLOSED_EN
    rows = [(pipeline_id + 1 + place, stage) for place, stage in enumerate(stages)]
    rows += [(142, closed[0]), (143, closed[1])]
    return {
        "id": pipeline_id,
        "name": name,
        "sort": pipeline_id,
        "is_main": russian,
        "is_unsorted_on": True,
        "is_archive": False,
        "_embedded": {
            "statuses": [
                {
                    "id": stage_id,
                    "name": stage,
                    "sort": 10 * place,
                    "is_editable": 0 < place < len(stages),
                    "pipeline_id": pipeline_id,
                    "color": "#99ccff",
                    "type": 0 if place else 1,
                }
                for place, (stage_id, stage) in enumerate(rows)
            ]
        },
    }


def _base(row_id: int, name: str, at: int, owner: int) -> dict[str, Any]:
    return {
        "id": row_id,
        "name": name,
        "responsible_user_id": 500_001 + owner % len(USERS),
        "group_id": 0,
        "created_by": 500_001,
        "updated_by": 500_001,
        "created_at": at - 9 * DAY,
        "updated_at": at,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "_embedded": {"tags": []},
    }


def _firm(place: int, now: int) -> dict[str, Any]:
    name = COMPANIES[place % len(COMPANIES)] + (f" {place}" if place >= len(COMPANIES) else "")
    row = _base(1_000 + place, name, now - (FIRMS - place) * DAY, place)
    web, phone = FIRM_FIELDS[2], FIRM_FIELDS[0]
    number = {"value": f"+7 495 100-{place:02d}-00", "enum_code": "WORK"}
    row["custom_fields_values"] = [
        value(web, {"value": f"https://firm{place}.example.com"}),
        value(phone, number),
    ]
    return row


def _person(place: int, now: int) -> dict[str, Any]:
    first, last = FIRST[place % len(FIRST)], LAST[place // len(FIRST) % len(LAST)]
    row = _base(2_000 + place, f"{first} {last}", now - (PEOPLE - place) * DAY // 2, place)
    row |= {"first_name": first, "last_name": last}
    # As people type them: with and without the country, with brackets, in the Russian way.
    shapes = ("+7 (921) 555-{:02d}-11", "8 921 555 {:02d} 11", "7921555{:02d}11")
    typed = shapes[place % len(shapes)].format(place)
    row["custom_fields_values"] = [
        value(CONTACT_FIELDS[1], {"value": typed, "enum_code": "WORK"}),
        value(CONTACT_FIELDS[2], {"value": f"person{place}@example.com", "enum_code": "WORK"}),
        value(CONTACT_FIELDS[4], chosen(CONTACT_FIELDS[4], place)),
    ]
    row["_embedded"]["companies"] = [{"id": 1_000 + place % FIRMS}]
    return row


def _deal(place: int, now: int) -> dict[str, Any]:
    wish, person = WISHES[place % len(WISHES)], 2_000 + place % PEOPLE
    # Every fifth group of ten came by import and shares one second.
    at = now - (DEALS - place // 10 * 10 if place // 10 % 5 == 0 else DEALS - place) * 7_200
    pipeline = 7_200 if place % 4 == 3 else 7_100
    stages = (pipeline + 2, pipeline + 3, pipeline + 4, 142, 143, pipeline + 1)
    stage = stages[place % len(stages)]
    row = _base(3_000 + place, f"{wish} № {place + 1}", at, place)
    row |= {
        "price": 1_000 * (place % 90 + 1),
        "pipeline_id": pipeline,
        "status_id": stage,
        "loss_reason_id": None,
        "closed_at": at if stage in (142, 143) else None,
    }
    if place % 3:
        row["custom_fields_values"] = [
            value(LEAD_FIELDS[0], chosen(LEAD_FIELDS[0], place)),
            value(LEAD_FIELDS[2], {"value": str(20 + place % 60)}),
            value(LEAD_FIELDS[3], {"value": at // DAY * DAY - 3 * 3600}),
        ]
    row["_embedded"] |= {
        "contacts": [{"id": person, "is_main": True}],
        "companies": [{"id": 1_000 + place % FIRMS}],
    }
    return row


def _task(place: int, now: int) -> dict[str, Any]:
    at = now - (TASKS - place) * DAY // 3
    row = _base(4_000 + place, "", at, place)
    for name in ("name", "custom_fields_values", "_embedded", "closest_task_at"):
        row.pop(name)
    return row | {
        "text": TODO[place % len(TODO)],
        "task_type_id": place % 2 + 1,
        "entity_id": 3_000 + place * 5,
        "entity_type": "leads",
        "duration": 0,
        "is_completed": place % 3 == 0,
        "result": [],
        "complete_till": at + 5 * DAY,
    }
