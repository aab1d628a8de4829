"""Records: the one shape each kind of thing has inside the house, whatever the vendor.

Every record has the vendor's id, an aware UTC `updated_at`, a link to the vendor's page where
there is one, and `vendor_fields`: the vendor's own fields by their API name, for mapping.
Lists of ids and other values that are tuples here become JSON arrays in the API.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

# Marks a member that an event may leave open with None: what was known of it stays.
KEPT = "kept"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What all records share. `title` is what a list shows."""

    external_id: str
    updated_at: datetime
    created_at: datetime | None = None
    title: str = ""
    url: str = ""
    vendor_fields: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deal(Record):
    """A sale in progress. `stage` and `pipeline` are names; `closed` is won, lost or empty."""

    amount: Decimal | None = None
    currency: str = ""
    pipeline: str = ""
    pipeline_id: str = ""
    stage: str = ""
    stage_id: str = ""
    closed: str = ""
    owner_id: str = ""
    contact_ids: tuple[str, ...] = ()
    company_id: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact(Record):
    """A person. Phones and addresses as the vendor keeps them; compare after normalising."""

    first_name: str = ""
    last_name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    company_id: str = ""
    owner_id: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Company(Record):
    """An organisation."""

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    website: str = ""
    owner_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task(Record):
    """Something to do by `due_at`; `about_kind` is deals, contacts, companies or empty."""

    due_at: datetime | None = None
    completed: bool = False
    owner_id: str = ""
    about_kind: str = ""
    about_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar(Record):
    """A calendar of the account."""

    time_zone: str = ""
    writable: bool = True
    primary: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Event(Record):
    """A meeting. All-day events have midnight in `time_zone` and `all_day=True`."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False
    time_zone: str = ""
    status: str = "confirmed"  # confirmed | tentative | cancelled
    location: str = ""
    attendees: tuple[str, ...] = ()
    meeting_link: str = ""
    calendar_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation(Record):
    """A chat with one customer or group."""

    customer_id: str = ""
    customer_name: str = ""
    opted_out: bool | None = field(default=None, metadata={KEPT: True})


@dataclass(frozen=True, kw_only=True, slots=True)
class Message(Record):
    """One message; `direction` is in or out, `status` is the vendor's delivery state in our words.

    `status`: received | sent | delivered | read | failed.
    """

    conversation_id: str = ""
    direction: str = "in"
    text: str = ""
    media_type: str = ""
    media_id: str = ""
    status: str = "received"
    sender: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailMessage(Record):
    """One e-mail."""

    thread_id: str = ""
    direction: str = "in"
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryEvent(Record):
    """What became of a sent e-mail: delivered, opened, bounced, complained."""

    message_id: str = ""
    recipient: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer(Record):
    """A payer."""

    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice(Record):
    """A bill. `status`: draft | open | paid | void | uncollectible. Amounts in major units."""

    number: str = ""
    status: str = ""
    amount: Decimal | None = None
    amount_paid: Decimal | None = None
    currency: str = ""
    customer_id: str = ""
    due_at: datetime | None = None
    pay_url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment(Record):
    """Money that moves. `status`: pending | authorized | succeeded | failed | cancelled."""

    status: str = ""
    amount: Decimal | None = None
    currency: str = ""
    customer_id: str = ""
    method: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentLink(Record):
    """A page where a customer pays. `status`: open | paid | closed."""

    status: str = ""
    amount: Decimal | None = None
    currency: str = ""
    pay_url: str = ""
    payment_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund(Record):
    """Money that goes back. `status`: pending | succeeded | failed | cancelled."""

    status: str = ""
    amount: Decimal | None = None
    currency: str = ""
    payment_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run(Record):
    """One run of a flow in an automation service. `status`: accepted | succeeded | failed."""

    status: str = ""
    trigger: str = ""
