"""What a provider tells about an account: who, what may be chosen, which fields there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whose account the credentials open.

    Args:
        id: The vendor's stable id; the same account twice for one agent is refused.
        name: Shown on the card.
        details: More facts worth showing, by text key: plan, region, mode.
        settings: Facts the provider wants to read back later as settings; not asked of a person.
        expires_at: When the credentials end by themselves, where the vendor says so.
    """

    id: str
    name: str
    url: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One entry of a live list: a pipeline, a calendar, a template."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class VendorField:
    """A field of a vendor's record, as the mapping table offers it.

    Args:
        name: The vendor's stable id or API name; what a mapping keeps.
        type: text | number | boolean | date | datetime | enum | enums | phone | email | url
        options: (value, label) pairs of enum and enums.
        max_length: Of text, 0 when the vendor names none.
    """

    name: str
    label: str
    type: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    read_only: bool = False
    custom: bool = False
    max_length: int = 0


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """What disconnecting did at the vendor.

    Args:
        revoked: The vendor confirmed that the credentials no longer work.
        why_not: Text key of the reason when it could not be done by program.
        manual_url: Where a person can finish it by hand.
    """

    revoked: bool
    why_not: str = ""
    manual_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A webhook registered at the vendor.

    Args:
        id: The vendor's id of it.
        secret: Signing secret the vendor gave at creation; sealed by the house.
        expires_at: When it must be renewed, None when it lives on.
        details: What `unsubscribe` needs besides the id.
    """

    id: str
    secret: str = field(default="", repr=False)
    expires_at: datetime | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing a connection test tried. `detail` is shown as it is: a name, a count, a reason.

    `name` is a text key: account, scopes, stream.<stream>, fields.<stream>, action.<action>,
    webhook, setting.<field>, or a provider's own.
    """

    name: str
    ok: bool
    detail: str = ""
