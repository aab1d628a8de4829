"""What arrives by webhook, before and after a provider has read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from dashboard.contracts.records import Record


@dataclass(frozen=True, kw_only=True)
class Request:
    """An inbound call, raw. Header names are lower case."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    def form(self) -> list[tuple[str, str]]:
        """The body as url-encoded pairs, in order, blanks kept."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the door answers when a vendor only shakes hands."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True, kw_only=True)
class Refetch:
    """Read one record again at the vendor, or the whole stream since its cursor."""

    stream: str
    external_id: str = ""
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class InboundEvent:
    """One thing that happened at the vendor.

    Args:
        id: The vendor's id of the event; unique per connection. Where the vendor gives none,
            a digest of what makes it this event.
        name: Our word from the category's vocabulary, or `unknown`.
        vendor_name: The vendor's own word.
        payload: What a person sees in the viewer.
        records: Records that can be saved as they are, by stream name.
        refetch: Records or streams to read again because the payload is only a hint.
    """

    id: str
    name: str
    vendor_name: str
    occurred_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[tuple[str, Record], ...] = ()
    refetch: tuple[Refetch, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trust:
    """What an inbound call may be checked against.

    Args:
        secrets: Accepted signing secrets, the newest first. What the vendor gave at
            subscription, or what we made and handed over.
        account_id: The connected account, for vendors that name it in the body.
        open_fields: What was asked with the credentials and is no secret.
        settings: What staff chose.
        subscription_id: The vendor's id of the registered webhook.
    """

    secrets: tuple[str, ...] = field(default=(), repr=False)
    account_id: str = ""
    open_fields: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    subscription_id: str = ""
