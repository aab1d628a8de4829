"""Updates that Telegram posts, and the one webhook a bot can have."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.contracts.accounts import Subscription
from dashboard.contracts.errors import BadSignature, Rejected
from dashboard.contracts.events import InboundEvent, Request, Trust
from dashboard.contracts.records import Conversation, Message, Record
from dashboard.kit import moments
from dashboard.kit.http import Client
from dashboard.kit.signatures import same
from providers.telegram.client import read, write
from providers.telegram.manifest import MANIFEST

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
NAMES = {word: event.name for event in MANIFEST.events for word in event.vendor}
MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")
# `animation` also sets `document`, so it is looked for first.
MEDIA = ("animation", "video", "video_note", "audio", "voice", "document", "sticker")
GONE = ("kicked", "left")
# Only these words say whether somebody wants to hear from us; any other message leaves it open.
CONSENT = {"/stop": True, "/start": False}


def verify(request: Request, trust: Trust) -> None:
    """Believe a call that carries the secret we registered; Telegram signs no body."""
    given = request.headers.get(SECRET_HEADER, "")
    if not any(same(given, secret) for secret in trust.secrets if secret):
        raise BadSignature(detail=f"header {SECRET_HEADER}")


def parse(request: Request, trust: Trust) -> list[InboundEvent]:
    """The one update of a call; kinds that are not known yet are kept as `unknown`."""
    del trust
    update = _update(request.body)
    kind = next((name for name in update if name != "update_id"), "")
    about = update.get(kind)
    event = InboundEvent(
        id=str(update["update_id"]),
        name=NAMES.get(kind, "unknown"),
        vendor_name=kind,
        payload=update,
    )
    if kind not in NAMES or not isinstance(about, dict):
        return [event]
    return [replace(event, occurred_at=_moment(about), records=_records(kind, about))]


def subscribe(client: Client, url: str, secret: str, events: Sequence[str]) -> Subscription:
    """Point the bot's webhook at us.

    Raises:
        Rejected: `webhook_taken`: another system receives this bot's messages, and the
            setting that allows to replace it is off.
    """
    there = read(client, "getWebhookInfo").get("url", "")
    if there not in ("", url) and not client.settings.get("replace_webhook"):
        raise Rejected(code="webhook_taken", field="replace_webhook")
    # Blocking and leaving arrive as my_chat_member; without it nobody could opt out.
    kinds = dict.fromkeys([*MANIFEST.vendor_events(events), "my_chat_member"])
    asked = {
        "url": url,
        "secret_token": secret,
        "allowed_updates": list(kinds),
        "max_connections": 40,
        "drop_pending_updates": False,
    }
    write(client, "setWebhook", asked, safe=True)
    return Subscription(id="webhook", secret=secret, details={"url": url})


def unsubscribe(client: Client, subscription: Subscription) -> None:
    """Take our webhook away; one that somebody else has set meanwhile is left alone."""
    there = read(client, "getWebhookInfo").get("url", "")
    if there and there == subscription.details.get("url", there):
        write(client, "deleteWebhook", {"drop_pending_updates": False}, safe=True)


def registered(client: Client, subscription: Subscription, url: str) -> str:
    """Empty while the bot's webhook is ours and deliveries arrive."""
    del subscription
    there = read(client, "getWebhookInfo")
    if not there.get("url"):
        return "webhook_gone"
    if there["url"] != url:
        return "webhook_replaced"
    # The last error stays for ever; it matters while something waits and the error is fresh.
    fresh = moments.now() - timedelta(hours=1)
    failed = moments.from_unix(there.get("last_error_date", 0)) > fresh
    waiting = there.get("pending_update_count", 0) > 0
    return "webhook_failing" if there.get("last_error_message") and failed and waiting else ""


def _update(body: bytes) -> dict[str, Any]:
    try:
        update = json.loads(body)
    except ValueError:
        update = None
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise BadSignature(detail="the body is no update")
    return update


def _records(kind: str, about: Mapping[str, Any]) -> tuple[tuple[str, Record], ...]:
    if kind == "callback_query":
        chat = about.get("message", {}).get("chat")
        at = moments.now()
        return (("conversations", _conversation(chat, about["from"], at)),) if chat else ()
    sender = about.get("from") or about.get("sender_chat") or about["chat"]
    if kind == "my_chat_member":
        gone = about["new_chat_member"]["status"] in GONE
        at = _date(about)
        return (("conversations", _conversation(about["chat"], sender, at, opted_out=gone)),)
    asked = CONSENT.get(_command(about))
    chat = _conversation(about["chat"], sender, _date(about), opted_out=asked)
    return (("conversations", chat), ("messages", _message(about, sender)))


def _conversation(
    chat: Mapping[str, Any],
    person: Mapping[str, Any],
    at: datetime,
    *,
    opted_out: bool | None = None,
) -> Conversation:
    private = chat["type"] == "private"
    name = _name(chat)
    return Conversation(
        external_id=str(chat["id"]),
        updated_at=at,
        title=name,
        url=f"https://t.me/{chat['username']}" if chat.get("username") else "",
        customer_id=str(person["id"]) if private else "",
        customer_name=name if private else "",
        opted_out=opted_out,
    )


def _message(about: Mapping[str, Any], sender: Mapping[str, Any]) -> Message:
    chat_id = str(about["chat"]["id"])
    text = about.get("text") or about.get("caption") or ""
    media_type, media_id = _media(about)
    return Message(
        external_id=f"{chat_id}:{about['message_id']}",
        updated_at=moments.from_unix(about.get("edit_date") or about["date"]),
        created_at=_date(about),
        title=text[:80] or media_type,
        conversation_id=chat_id,
        direction="in",
        text=text,
        media_type=media_type,
        media_id=media_id,
        sender=_name(sender),
    )


def _media(about: Mapping[str, Any]) -> tuple[str, str]:
    if photo := about.get("photo"):
        return "photo", photo[-1]["file_id"]
    kind = next((kind for kind in MEDIA if about.get(kind)), "")
    return kind, about[kind]["file_id"] if kind else ""


def _name(someone: Mapping[str, Any]) -> str:
    parts = (someone.get("first_name"), someone.get("last_name"))
    whole = " ".join(part for part in parts if part)
    return whole or someone.get("title") or someone.get("username") or str(someone["id"])


def _command(about: Mapping[str, Any]) -> str:
    """The first word in lower case; `/stop@our_bot`, as groups write it, is `/stop`."""
    words = str(about.get("text", "")).split(maxsplit=1)
    return words[0].split("@", 1)[0].lower() if words else ""


def _date(about: Mapping[str, Any]) -> datetime:
    return moments.from_unix(about["date"])


def _moment(about: Mapping[str, Any]) -> datetime | None:
    seconds = about.get("edit_date") or about.get("date")
    return moments.from_unix(seconds) if seconds else None
