"""What agents say to any messenger."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from dashboard.contracts.actions import Input, Output

ChatId = Annotated[str, Field(min_length=1, max_length=128, description="Conversation id.")]


class SendText(Input):
    """Write to a customer who has written before, or whom the vendor lets us address."""

    conversation_id: ChatId
    text: Annotated[str, Field(min_length=1, max_length=4096)]
    reply_to: str = Field("", description="Message id to quote.")
    silent: bool = False


class SendMedia(Input):
    """Send a picture or a file by its public address."""

    conversation_id: ChatId
    kind: Literal["photo", "document", "video", "audio"] = "document"
    url: Annotated[str, Field(pattern=r"^https://", max_length=2048)]
    caption: Annotated[str, Field(max_length=1024)] = ""


class SendTemplate(Input):
    """Send an approved template with its values in order."""

    conversation_id: ChatId
    template: Annotated[str, Field(min_length=1)]
    language: str = "ru"
    values: list[str] = Field(default_factory=list)


class MarkRead(Input):
    """Show the customer that the message was read."""

    conversation_id: ChatId
    message_id: Annotated[str, Field(min_length=1)]


class MessageSent(Output):
    """The message as the vendor accepted it."""

    external_id: str
    conversation_id: str
    sent_at: datetime | None = None


class MarkedRead(Output):
    """The message now marked."""

    external_id: str
