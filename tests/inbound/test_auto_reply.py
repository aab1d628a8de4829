"""A new message of a customer is handed to the auto-reply once, others are not."""

import asyncio
import hashlib
import json

import pytest

from dashboard import clock
from dashboard.contracts.events import Request

SECRET_NAME = "x-telegram-bot-api-secret-token"


@pytest.fixture
def hear(ear, desk):
    """Let Telegram post one update."""
    hashed = hashlib.sha256(b"telegram-hook").hexdigest()
    mine = desk.connect("telegram", hook_hash=hashed, settings={"auto_reply": True})
    with desk.store.transaction() as session:
        ear.vault.seal(session, f"connection:{mine}", "hook_secret", "telegram-secret")

    def post(update_id, kind="message"):
        at = int(clock.now().timestamp())
        person = {"id": 7, "first_name": "Анна"}
        message = {"message_id": update_id, "date": at, "text": "Здравствуйте", "from": person}
        chat = {"chat": {"id": 7, "type": "private", "first_name": "Анна"}}
        update = {"update_id": update_id, kind: {**message, **chat}}
        body = json.dumps(update).encode()
        headers = {SECRET_NAME: "telegram-secret", "content-type": "application/json"}
        call = Request(method="POST", headers=headers, body=body)
        asyncio.run(ear.inbound.receive("telegram-hook", call))
        desk.jobs.enqueue("inbound.process", {"connection_id": mine})
        desk.jobs.drain()
        return desk.jobs.of("actions.auto_reply")

    hear_of = post
    hear_of.connection_id = mine
    return hear_of


def test_a_new_message_is_handed_over(hear):
    [job] = hear(1)

    assert job.args["conversation_id"] == "7"
    assert job.args["at"] == clock.now().isoformat()


def test_a_repeated_call_hands_over_nothing_more(hear):
    hear(1)

    assert len(hear(1)) == 1


def test_an_edited_message_is_not_answered(hear):
    assert hear(1, "edited_message") == []
