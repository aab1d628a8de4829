"""What set-up asks a person: fields, their kinds, and the ones many providers share."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a field is typed and drawn. The value's JSON shape is given in brackets."""

    TEXT = "text"  # [string]
    LONG_TEXT = "long_text"  # [string]
    SECRET = "secret"  # noqa: S105 - [string], sealed in the vault, shown as its last four characters
    URL = "url"  # [string], checked by the egress guard
    TOGGLE = "toggle"  # [boolean]
    NUMBER = "number"  # [integer]
    CHOICE = "choice"  # [string], one of `options` or of the live `choices_from`
    CHOICES = "choices"  # [array of strings], likewise
    TIME_ZONE = "time_zone"  # [string], IANA name
    HOURS = "hours"  # [object], see WEEK
    MINUTES = "minutes"  # [array of integers], for reminders
    PAIRS = "pairs"  # [object of strings], for extra headers


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing asked. Words for `name` are in the provider's texts or in the shared ones.

    Args:
        pattern: Regular expression the whole trimmed text must match.
        options: Closed list of values for CHOICE and CHOICES.
        choices_from: Name of a live list, read by the provider's `choices(client, name)`.
        shown_when: (other field, value): asked only when the other field has that value.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    default: Any = None
    pattern: str = ""
    options: tuple[str, ...] = ()
    choices_from: str = ""
    minimum: int | None = None
    maximum: int | None = None
    shown_when: tuple[str, str | bool] | None = None


# Monday to Friday, nine to six. `[]` is a closed day; several spans a day are allowed.
WEEK: dict[str, list[list[str]]] = {
    **{day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [],
    "sun": [],
}

REAL_TIME, EVERY_5_MINUTES, HOURLY = "real_time", "5_minutes", "hourly"

# The shared fields: the house itself acts on these names, so a provider that wants the
# behaviour lists the field and nothing more.
FREQUENCY = Field(
    name="frequency",
    kind=Kind.CHOICE,
    options=(REAL_TIME, EVERY_5_MINUTES, HOURLY),
    default=REAL_TIME,
)
TIME_ZONE = Field(name="time_zone", kind=Kind.TIME_ZONE, default="Europe/Moscow")
AUTO_REPLY = Field(name="auto_reply", kind=Kind.TOGGLE, default=False)
AUTO_REPLY_TEXT = Field(
    name="auto_reply_text",
    kind=Kind.LONG_TEXT,
    shown_when=("auto_reply", True),
    default="",
)
WORKING_HOURS = Field(
    name="working_hours", kind=Kind.HOURS, default=WEEK, shown_when=("auto_reply", True)
)
EVENT_MINUTES = Field(
    name="event_minutes", kind=Kind.NUMBER, default=30, minimum=5, maximum=24 * 60
)
REMINDERS = Field(name="reminders", kind=Kind.MINUTES, default=(10,), required=False)


def sync_toggle(stream: str) -> Field:
    """The switch of one stream; its name is what `Stream.enabled_by` refers to."""
    return Field(name=f"sync_{stream}", kind=Kind.TOGGLE, default=True)


SYNC_DEALS = sync_toggle("deals")
SYNC_CONTACTS = sync_toggle("contacts")
SYNC_COMPANIES = sync_toggle("companies")
SYNC_TASKS = sync_toggle("tasks")


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A step done at the vendor: words in texts, a link here."""

    name: str
    link: str


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """The step that proves whose account it is: OAuth, or the keys of the chosen method."""

    name: str = "account"


@dataclass(frozen=True, kw_only=True)
class Form:
    """A step where settings are chosen."""

    name: str
    fields: tuple[Field, ...] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class MapFields:
    """The step with the mapping table, for the named streams."""

    name: str = "mapping"
    streams: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HookSetup:
    """The step with the webhook URL and the choice of events."""

    name: str = "webhook"


Step = Guide | SignIn | Form | MapFields | HookSetup
