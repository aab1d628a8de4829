"""Bench: contacts by declaration, and a ceiling no measurement reaches."""

from datetime import date, timedelta

from dashboard.contracts import records
from dashboard.contracts.forms import FREQUENCY, Field, Form, Kind, SignIn, sync_toggle
from dashboard.contracts.manifest import (
    Category,
    Cursor,
    Keys,
    Manifest,
    NextToken,
    RateLimit,
    Since,
    Source,
    Stream,
)

HERE = Source("https://bench.example/docs", date(2026, 11, 24))

MANIFEST = Manifest(
    id="bench",
    name="Bench",
    category=Category.CRM,
    hosts={"api": "https://bench.example"},
    auth=(Keys(fields=(Field(name="api_key", kind=Kind.SECRET),), source=HERE),),
    steps=(SignIn(), Form(name="sync", fields=(sync_toggle("contacts"), FREQUENCY))),
    limit=RateLimit(1_000_000, timedelta(seconds=1), HERE),
    streams=(
        Stream(
            name="contacts",
            record=records.Contact,
            enabled_by="sync_contacts",
            path="/contacts",
            items="items",
            paging=NextToken(param="token", found_at="next"),
            cursor=Cursor(param="since", form=Since.UNIX),
        ),
    ),
    actions=("create_contact",),
)
