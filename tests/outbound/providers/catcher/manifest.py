"""Catcher: names of its own for everything a delivery needs."""

from datetime import date, timedelta

from dashboard.contracts.forms import Field, Form, Kind, SignIn
from dashboard.contracts.manifest import (
    Category,
    Deliveries,
    EventType,
    Keys,
    Manifest,
    RateLimit,
    Source,
)

HERE = Source("https://catcher.example/docs", date(2026, 11, 24))

MANIFEST = Manifest(
    id="catcher",
    name="Catcher",
    category=Category.AUTOMATION,
    hosts={"catch": "{catch_address}"},
    auth=(Keys(fields=(Field(name="catch_address", kind=Kind.URL),), source=HERE),),
    steps=(
        SignIn(),
        Form(
            name="settings",
            fields=(
                Field(name="in_turn", kind=Kind.TOGGLE, default=False),
                Field(name="labels", kind=Kind.PAIRS, required=False, default={}),
            ),
        ),
    ),
    limit=RateLimit(1000, timedelta(seconds=1), HERE),
    events=(EventType(name="deal.created"),),
    deliveries=Deliveries(url_field="catch_address", headers_field="labels", order_field="in_turn"),
)
