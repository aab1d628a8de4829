"""Inputs for the actions of each category, made from the sandbox's own records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dashboard.contracts.manifest import Category
from dashboard.kit import moments
from tests.contract.bench import Account

Maker = Callable[[Account], dict[str, Any]]


def arguments(account: Account, action: str) -> dict[str, Any]:
    """A valid input for `action` on this account."""
    return SAMPLES[account.manifest.category][action](account)


def _first(account: Account, stream: str) -> Any:
    return account.records(stream)[0]


def _id(account: Account, stream: str) -> str:
    return str(_first(account, stream).external_id)


def _stage(account: Account) -> dict[str, Any]:
    deals = account.records("deals")
    here = deals[0]
    there = next(d for d in deals if d.stage_id != here.stage_id and not d.closed)
    return {
        "deal_id": here.external_id,
        "stage_id": there.stage_id,
        "pipeline_id": there.pipeline_id,
    }


def _phone(account: Account) -> str:
    return next(c.phones[0] for c in account.records("contacts") if c.phones)


def _soon(hours: int = 24) -> str:
    return (moments.now() + timedelta(hours=hours)).isoformat()


def _own_event(account: Account) -> str:
    """An event the agent made itself, so that changing it is surely allowed."""
    made = account.action("create_event")
    request = made.takes.model_validate({"title": "Встреча", "starts_at": _soon()})
    return str(made.run(account.client, request, key="sample-event").external_id)


def _window(account: Account) -> dict[str, Any]:
    del account
    return {"starts_at": _soon(0), "ends_at": _soon(24 * 7), "time_zone": "Europe/Moscow"}


def _payment(account: Account, status: str) -> str:
    return next(p.external_id for p in account.records("payments") if p.status == status)


def _chat(account: Account) -> str:
    """A conversation the sandbox knows: from its gesture's choices."""
    choices = [
        values
        for gesture in account.sandbox.gestures.values()
        for name, values in gesture.choices(account.state()).items()
        if name in ("chat", "customer", "conversation")
    ]
    return next(iter(choices[0]))


SAMPLES: dict[Category, dict[str, Maker]] = {
    Category.CRM: {
        "find_contact": lambda a: {"phone": _phone(a)},
        "create_contact": lambda _: {
            "name": "Анна Новая",
            "phone": "+7 921 555-01-23",
            "email": "anna.novaya@example.com",
        },
        "update_contact": lambda a: {"contact_id": _id(a, "contacts"), "name": "Пётр Новый"},
        "create_deal": lambda a: {
            "title": "Сделка из проверки",
            "amount": "1500",
            "contact_id": _id(a, "contacts"),
        },
        "update_deal": lambda a: {"deal_id": _id(a, "deals"), "amount": "2500"},
        "move_deal": _stage,
        "create_task": lambda a: {
            "text": "Позвонить",
            "due_at": _soon(),
            "about": "deals",
            "about_id": _id(a, "deals"),
        },
        "complete_task": lambda a: {"task_id": _id(a, "tasks")},
        "add_note": lambda a: {"about": "deals", "about_id": _id(a, "deals"), "text": "Заметка"},
        "add_tags": lambda a: {"about": "deals", "about_id": _id(a, "deals"), "tags": ["vip"]},
    },
    Category.CALENDAR: {
        "create_event": lambda _: {
            "title": "Демо",
            "starts_at": _soon(),
            "attendees": ["guest@example.com"],
        },
        "update_event": lambda a: {"event_id": _own_event(a), "title": "Демо, часть вторая"},
        "cancel_event": lambda a: {"event_id": _own_event(a)},
        "invite": lambda a: {"event_id": _own_event(a), "attendees": ["more@example.com"]},
        "free_busy": _window,
        "find_slot": _window,
    },
    Category.MESSENGER: {
        "send_text": lambda a: {"conversation_id": _chat(a), "text": "Здравствуйте!"},
        "send_media": lambda a: {
            "conversation_id": _chat(a),
            "kind": "photo",
            "url": "https://example.com/a.jpg",
        },
        "send_template": lambda a: {"conversation_id": _chat(a), "template": "hello"},
        "mark_read": lambda a: {"conversation_id": _chat(a), "message_id": "1"},
    },
    Category.PAYMENTS: {
        "create_payment_link": lambda _: {"amount": "12.50", "description": "Консультация"},
        "create_invoice": lambda _: {
            "customer_email": "payer@example.com",
            "amount": "99.90",
            "description": "Услуга",
        },
        "payment_status": lambda a: {"external_id": _id(a, "invoices"), "kind": "invoices"},
        "refund": lambda a: {"payment_id": _payment(a, "succeeded"), "amount": "1"},
        "cancel_payment": lambda a: {"external_id": _payment(a, "pending"), "kind": "payments"},
    },
    Category.AUTOMATION: {
        "trigger_flow": lambda _: {"event": "agent.triggered", "payload": {"lead": "Анна"}},
    },
    Category.EMAIL: {
        "send": lambda _: {"to": ["a@example.com"], "subject": "Привет", "text": "Текст"},
        "reply": lambda a: {"message_id": _id(a, "messages"), "text": "Ответ"},
        "send_template": lambda _: {"to": ["a@example.com"], "template": "hello"},
        "search_inbox": lambda _: {"query": "счёт"},
    },
}
