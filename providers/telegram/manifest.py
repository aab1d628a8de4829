"""Telegram: a bot by its token, one webhook per bot, no history to read."""

from datetime import date, timedelta

from dashboard.contracts import forms, records
from dashboard.contracts.forms import Field, Form, HookSetup, Kind, SignIn
from dashboard.contracts.manifest import (
    Category,
    EventType,
    Hooks,
    Keys,
    Manifest,
    Proof,
    RateLimit,
    Source,
    Stream,
)

API = Source("https://core.telegram.org/bots/api", date(2026, 11, 23))
LIMITS = Source("https://core.telegram.org/bots/faq#broadcasting-to-users", date(2026, 11, 23))

MANIFEST = Manifest(
    id="telegram",
    name="Telegram",
    category=Category.MESSENGER,
    hosts={"api": "https://api.telegram.org"},
    auth=(
        Keys(
            fields=(
                Field(
                    name="bot_token",
                    kind=Kind.SECRET,
                    pattern=r"^[0-9]{5,}:[A-Za-z0-9_-]{30,}$",
                ),
            ),
            source=API,
        ),
    ),
    steps=(
        SignIn(),
        Form(
            name="replies",
            fields=(
                forms.AUTO_REPLY,
                forms.AUTO_REPLY_TEXT,
                forms.WORKING_HOURS,
                forms.TIME_ZONE,
                Field(name="replace_webhook", kind=Kind.TOGGLE, default=False),
            ),
        ),
        HookSetup(),
    ),
    # About 30 messages a second over all chats; a published guide, not a guarantee.
    limit=RateLimit(30, timedelta(seconds=1), LIMITS),
    streams=(
        Stream(name="conversations", record=records.Conversation, events_only=True),
        Stream(name="messages", record=records.Message, events_only=True),
    ),
    actions=("send_text", "send_media"),
    events=(
        EventType(name="message.received", vendor=("message", "channel_post")),
        EventType(name="message.edited", vendor=("edited_message", "edited_channel_post")),
        EventType(name="conversation.changed", vendor=("my_chat_member",)),
        EventType(name="button.pressed", vendor=("callback_query",), default=False),
    ),
    hooks=Hooks(proof=Proof.SECRET_HEADER, source=API, exclusive=True),
    exempt={
        "send_template": "no_templates",
        "mark_read": "no_mark_read",
        "message.status": "no_receipts",
    },
)
