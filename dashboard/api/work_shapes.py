"""What the API answers about work: sync, records, webhooks, the journal."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from dashboard.api.shapes import Trouble


class RunShape(BaseModel):
    """One sync run."""

    id: str
    state: str
    reason: str
    streams: dict[str, Any]
    new: int
    changed: int
    deleted: int
    refused: int
    error: Trouble | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    retry_at: datetime | None


class StreamShape(BaseModel):
    """Where one stream stands."""

    name: str
    title: str
    enabled: bool
    records: int
    last_success_at: datetime | None
    cursor_at: datetime | None
    off_reason: str
    error: Trouble | None


class SyncShape(BaseModel):
    """How synchronisation of a connection stands, and its runs, the newest first."""

    state: str
    paused: bool
    last_success_at: datetime | None
    next_run_at: datetime | None
    streams: list[StreamShape]
    runs: list[RunShape]
    next_cursor: str | None


class RecordShape(BaseModel):
    """A synced record; `fields` are those of its kind."""

    external_id: str
    title: str
    fields: dict[str, Any]
    updated_at: datetime
    saved_at: datetime


class RecordPage(BaseModel):
    """Records, the newest change first."""

    records: list[RecordShape]
    next_cursor: str | None


class EventShape(BaseModel):
    """An event that came in."""

    id: str
    connection_id: str
    name: str
    vendor_name: str
    state: str
    payload: dict[str, Any]
    attempts: int
    error: Trouble | None
    occurred_at: datetime | None
    received_at: datetime
    processed_at: datetime | None


class EventPage(BaseModel):
    """Events, the newest first."""

    events: list[EventShape]
    next_cursor: str | None


class HeldShape(BaseModel):
    """How many events of a connection wait. `waits_for`: login | set_up | person."""

    connection_id: str
    count: int
    oldest_at: datetime
    newest_at: datetime
    waits_for: str
    by_hand: bool


class Waiting(BaseModel):
    """Connections whose events wait."""

    held: list[HeldShape]


class TouchShape(BaseModel):
    """What an event will do to a record. `how`: save | delete | read (again at the vendor)."""

    how: str
    stream: str
    external_id: str
    title: str


class HeldEventShape(EventShape):
    """An event that waits, and what its release will do."""

    touches: list[TouchShape]


class HeldPage(BaseModel):
    """Events that wait, in the order they will be processed."""

    events: list[HeldEventShape]
    next_cursor: str | None


class Moved(BaseModel):
    """How many events it was done to."""

    events: int


class DeliveryShape(BaseModel):
    """An event of ours on its way to a receiver."""

    id: str
    connection_id: str
    event_type: str
    state: str
    attempts: int
    last_status: int
    error_code: str
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None


class DeliveryPage(BaseModel):
    """Deliveries, the newest first."""

    deliveries: list[DeliveryShape]
    next_cursor: str | None


class EntryShape(BaseModel):
    """One line of the journal."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    agent_id: str
    connection_id: str
    provider: str
    outcome: str
    detail: dict[str, Any]
    vendor_request_id: str
    hash: str


class Journal(BaseModel):
    """Entries, the newest first."""

    entries: list[EntryShape]
    next_cursor: str | None


class VerdictShape(BaseModel):
    """Whether the journal's chain is whole.

    `broken_at` is the first entry that is not; `missing` says how many its end lacks.
    """

    ok: bool
    entries: int
    broken_at: int | None
    missing: int
