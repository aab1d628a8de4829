"""What agents say to any mail service."""

from typing import Annotated

from pydantic import Field

from dashboard.contracts.actions import Input, Output
from dashboard.contracts.calendar import Address


class SendEmail(Input):
    """Send a letter; the sender is the one chosen in the settings."""

    to: list[Address] = Field(min_length=1, max_length=50)
    cc: list[Address] = Field(default_factory=list, max_length=50)
    subject: Annotated[str, Field(min_length=1, max_length=998)]
    text: str = ""
    html: str = ""


class Reply(Input):
    """Answer within a thread."""

    message_id: Annotated[str, Field(min_length=1)]
    text: str = ""
    html: str = ""


class SendEmailTemplate(Input):
    """Send a stored template with named values."""

    to: list[Address] = Field(min_length=1, max_length=50)
    template: Annotated[str, Field(min_length=1)]
    values: dict[str, str] = Field(default_factory=dict)


class SearchInbox(Input):
    """Find letters in the inbox, newest first."""

    query: str = ""
    limit: int = Field(20, ge=1, le=100)


class EmailSent(Output):
    """The letter as the vendor accepted it."""

    external_id: str
    thread_id: str = ""


class Letter(Output):
    """A letter as an agent sees it."""

    external_id: str
    thread_id: str = ""
    sender: str
    subject: str
    snippet: str = ""


class LettersFound(Output):
    """Letters that match, newest first."""

    letters: list[Letter]
