"""What agents say to any calendar. Times carry an offset, or are local to `time_zone`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dashboard.contracts.actions import Input, Output

Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]


class CreateEvent(Input):
    """Put a meeting into the calendar; the settings give length, zone and reminders."""

    title: Annotated[str, Field(min_length=1, max_length=1024)]
    starts_at: datetime = Field(description="Without an offset it is local to the time zone.")
    ends_at: datetime | None = Field(None, description="Left out: the default length applies.")
    time_zone: str = Field("", description="IANA name; left out: the time zone of the settings.")
    description: str = ""
    location: str = ""
    attendees: list[Address] = Field(default_factory=list, max_length=100)
    reminders: list[int] | None = Field(None, description="Minutes before; left out: settings.")
    video_call: bool = False
    notify: bool = Field(True, description="Send invitations to the attendees.")


class UpdateEvent(Input):
    """Change what is given, leave the rest."""

    event_id: Annotated[str, Field(min_length=1)]
    title: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = ""
    description: str | None = None
    location: str | None = None
    notify: bool = True


class CancelEvent(Input):
    """Take a meeting off the calendar; cancelling twice is no error."""

    event_id: Annotated[str, Field(min_length=1)]
    notify: bool = True


class Invite(Input):
    """Add people to a meeting, keep those already invited."""

    event_id: Annotated[str, Field(min_length=1)]
    attendees: list[Address] = Field(min_length=1, max_length=100)
    notify: bool = True


class Window(Input):
    """A span of time to look at, at most 62 days."""

    starts_at: datetime
    ends_at: datetime
    time_zone: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> "Window":
        if (self.starts_at.tzinfo is None) != (self.ends_at.tzinfo is None):
            raise ValueError("starts_at and ends_at must both have an offset, or neither")
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        if (self.ends_at - self.starts_at).days > 62:
            raise ValueError("the span may not be longer than 62 days")
        return self


class FreeBusy(Window):
    """Ask when the calendar is taken."""


class FindSlot(Window):
    """Ask for free starts inside working days, earliest first."""

    minutes: int | None = Field(None, ge=5, le=1440, description="Left out: default length.")
    from_hour: int = Field(9, ge=0, le=23)
    to_hour: int = Field(18, ge=1, le=24)
    limit: int = Field(5, ge=1, le=50)
    weekends: bool = False


class EventSaved(Output):
    """The meeting as it is now."""

    external_id: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    url: str = ""
    meeting_link: str = ""
    attendees: list[str] = []


class EventCancelled(Output):
    """The meeting that is gone; `already` when it was gone before."""

    external_id: str
    already: bool = False


class Span(Output):
    """A taken or free span."""

    starts_at: datetime
    ends_at: datetime


class Busy(Output):
    """Taken spans, merged, in order."""

    time_zone: str
    busy: list[Span]


class Slots(Output):
    """Free spans of the asked length, earliest first."""

    time_zone: str
    slots: list[Span]


EventStatus = Literal["confirmed", "tentative", "cancelled"]
