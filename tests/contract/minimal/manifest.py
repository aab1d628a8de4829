"""Minimal, described."""

from datetime import date, timedelta

from dashboard.contracts.forms import Field, Form, HookSetup, Kind, SignIn
from dashboard.contracts.manifest import (
    Category,
    EventType,
    Hooks,
    Keys,
    Manifest,
    NextToken,
    Proof,
    RateLimit,
    Source,
    Stream,
)
from dashboard.contracts.records import Run

DOCS = Source("https://docs.example.com/api", date(2026, 11, 24))

MANIFEST = Manifest(
    id="minimal",
    name="Minimal",
    category=Category.AUTOMATION,
    hosts={"api": "https://api.example.com"},
    auth=(Keys(fields=(Field(name="api_key", kind=Kind.SECRET),), source=DOCS),),
    steps=(
        SignIn(),
        Form(name="settings", fields=(Field(name="note", required=False, default=""),)),
        HookSetup(),
    ),
    limit=RateLimit(10, timedelta(seconds=1), DOCS),
    streams=(
        Stream(
            name="runs",
            record=Run,
            path="/runs",
            items="runs",
            paging=NextToken(param="after", found_at="next"),
        ),
    ),
    actions=("trigger_flow",),
    events=(EventType(name="flow.called", vendor=("called",)),),
    hooks=Hooks(proof=Proof.SECRET_HEADER, source=DOCS),
)
