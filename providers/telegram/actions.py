"""What an agent may do through a bot. Telegram has no idempotency: nothing is sent twice."""

import re
from collections.abc import Mapping
from typing import Any

from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.contracts.errors import Rejected
from dashboard.contracts.messenger import MessageSent, SendMedia, SendText
from dashboard.kit import moments
from dashboard.kit.digits import number
from dashboard.kit.http import Client
from providers.telegram.client import moved_to, write

METHODS = {
    "photo": "sendPhoto",
    "document": "sendDocument",
    "video": "sendVideo",
    "audio": "sendAudio",
}


# Chats have at most 52 significant bits, messages 31 (core.telegram.org/bots/api, read 2026-11-23).
CHAT = re.compile(r"-?[0-9]{1,16}")
MESSAGE_DIGITS = 10


@action(Effect.WRITE, Repeat.NEVER)
def send_text(client: Client, request: SendText, *, key: str) -> MessageSent:  # noqa: ARG001
    """Write to someone who has started the bot. Sent without a parse mode, exactly as typed."""
    body: dict[str, Any] = {"text": request.text}
    if request.reply_to:
        body["reply_parameters"] = {
            "message_id": _message_number(request.reply_to),
            "allow_sending_without_reply": True,
        }
    if request.silent:
        body["disable_notification"] = True
    return _send(client, "sendMessage", request.conversation_id, body)


@action(Effect.WRITE, Repeat.NEVER)
def send_media(client: Client, request: SendMedia, *, key: str) -> MessageSent:  # noqa: ARG001
    """Send a picture or a file that Telegram itself fetches from the address."""
    body: dict[str, Any] = {request.kind: request.url}
    if request.caption:
        body["caption"] = request.caption
    return _send(client, METHODS[request.kind], request.conversation_id, body)


def _send(client: Client, method: str, chat: str, body: Mapping[str, Any]) -> MessageSent:
    try:
        message = write(client, method, {"chat_id": _chat(chat), **body})
    except Rejected as refused:
        new_chat = moved_to(refused)
        if not new_chat:
            raise
        # A group became a supergroup under a new id, and nothing was sent to the old one.
        message = write(client, method, {"chat_id": _chat(new_chat), **body})
    chat_id = str(message["chat"]["id"])
    return MessageSent(
        external_id=f"{chat_id}:{message['message_id']}",
        conversation_id=chat_id,
        sent_at=moments.from_unix(message["date"]),
    )


def _chat(text: str) -> int | str:
    return int(text) if CHAT.fullmatch(text) else text


def _message_number(text: str) -> int:
    """The number of a message, from `number` or from our own `chat:number`."""
    found = number(text.rsplit(":", 1)[-1], MESSAGE_DIGITS)
    if found is None:
        raise Rejected(code="bad_message_id", field="reply_to")
    return found
