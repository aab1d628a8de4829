"""Which of our events a change of a record is."""

from collections.abc import Mapping
from typing import Any

# Stream -> what its events are called after.
SUBJECTS = {
    "deals": "deal",
    "contacts": "contact",
    "tasks": "task",
    "events": "event",
    "messages": "message",
    "payments": "payment",
    "invoices": "invoice",
    "refunds": "refund",
    "runs": "flow",
    "delivery_events": "email",
}
_PLAIN = {"new": "created", "changed": "changed"}


def event_word(stream: str, change: str, fields: Mapping[str, Any]) -> str:
    """The event behind a change, empty when the vocabulary has no word for it.

    Args:
        change: new | changed | deleted
        fields: The packed record.
    """
    if stream in ("deals", "contacts", "tasks"):
        return f"{SUBJECTS[stream]}.{_PLAIN[change]}" if change in _PLAIN else ""
    if stream == "events":
        gone = change == "deleted" or fields.get("status") == "cancelled"
        return f"event.{'cancelled' if gone else _PLAIN[change]}"
    if change == "deleted":
        return ""
    return _by_content(stream, change, fields)


def fits(word: str, stream: str) -> bool:
    """Whether an event of that name can be about a record of that stream."""
    subject = word.partition(".")[0]
    return bool(subject) and subject in (SUBJECTS.get(stream), _second_name(stream))


def _by_content(stream: str, change: str, fields: Mapping[str, Any]) -> str:
    status = fields.get("status", "")
    if stream == "messages":
        return _message(change, fields)
    if stream == "payments" and status in ("succeeded", "failed"):
        return f"payment.{status}"
    if stream == "invoices" and status == "paid":
        return "invoice.paid"
    if stream == "delivery_events":
        return f"email.{fields.get('kind', '')}"
    return {"refunds": "refund.changed", "runs": "flow.called"}.get(stream, "")


def _message(change: str, fields: Mapping[str, Any]) -> str:
    letter = "thread_id" in fields
    if change == "new" and fields.get("direction") == "in":
        return "email.received" if letter else "message.received"
    return "" if letter else "message.status"


def _second_name(stream: str) -> str:
    return "email" if stream == "messages" else ""
