"""Pulse: two streams, five actions, one signed webhook."""

from datetime import date, timedelta

from dashboard.contracts import records
from dashboard.contracts.forms import FREQUENCY, Field, Form, Kind, SignIn, sync_toggle
from dashboard.contracts.manifest import (
    Category,
    Cursor,
    EventType,
    Hooks,
    Keys,
    Manifest,
    NextToken,
    Proof,
    RateLimit,
    Since,
    Source,
    Stream,
)

HERE = Source("https://pulse.example/docs", date(2026, 11, 23))

MANIFEST = Manifest(
    id="pulse",
    name="Pulse",
    category=Category.CRM,
    hosts={"api": "https://pulse.example"},
    auth=(Keys(fields=(Field(name="api_key", kind=Kind.SECRET),), source=HERE),),
    steps=(
        SignIn(),
        Form(name="sync", fields=(sync_toggle("deals"), sync_toggle("contacts"), FREQUENCY)),
    ),
    limit=RateLimit(1000, timedelta(seconds=1), HERE),
    streams=(
        Stream(
            name="deals",
            record=records.Deal,
            enabled_by="sync_deals",
            path="/deals",
            items="items",
            paging=NextToken(param="token", found_at="next"),
            cursor=Cursor(param="since", form=Since.UNIX),
        ),
        Stream(name="contacts", record=records.Contact, enabled_by="sync_contacts"),
        Stream(name="tasks", record=records.Task, events_only=True),
    ),
    actions=("find_contact", "create_contact", "update_deal", "create_deal", "add_note"),
    events=(EventType(name="deal.changed", vendor=("deal",)),),
    hooks=Hooks(proof=Proof.SECRET_HEADER, source=HERE, subscribes=False),
    exempt={"add_tags": "no_tags"},
)
