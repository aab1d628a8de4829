"""Custom webhooks by Standard Webhooks 1.0.0: any address out, one signed address in."""

from datetime import date, timedelta

from dashboard.contracts import records
from dashboard.contracts.forms import Field, Form, HookSetup, Kind, SignIn
from dashboard.contracts.manifest import (
    Category,
    Deliveries,
    EventType,
    Hooks,
    Keys,
    Manifest,
    Proof,
    RateLimit,
    Source,
    Stream,
)

STANDARD = Source(
    "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    date(2026, 11, 23),
)

MANIFEST = Manifest(
    id="webhook",
    name="Custom Webhooks",
    category=Category.AUTOMATION,
    hosts={"target": "{url}"},
    auth=(
        Keys(
            fields=(
                Field(name="url", kind=Kind.URL),
                # 24 to 64 bytes in base64, as the standard asks; the prefix may be left out.
                Field(
                    name="signing_secret",
                    kind=Kind.SECRET,
                    pattern=r"(whsec_)?(?=.{32,88}$)([A-Za-z0-9+/]{4})+"
                    r"([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
                ),
            ),
            source=STANDARD,
        ),
    ),
    steps=(
        SignIn(),
        Form(
            name="settings",
            fields=(
                Field(name="headers", kind=Kind.PAIRS, required=False, default={}),
                Field(name="keep_order", kind=Kind.TOGGLE, default=False),
            ),
        ),
        HookSetup(),
    ),
    # No vendor, so no published ceiling: a courtesy to receivers, as senders usually keep.
    limit=RateLimit(10, timedelta(seconds=1), STANDARD),
    streams=(Stream(name="runs", record=records.Run, events_only=True),),
    actions=("trigger_flow",),
    # The first is called by the other side; the rest are the desk's own, sent out when chosen.
    events=(
        EventType(name="flow.called"),
        EventType(name="deal.created"),
        EventType(name="deal.changed"),
        EventType(name="deal.stage_changed"),
        EventType(name="contact.created"),
        EventType(name="contact.changed"),
        EventType(name="task.created"),
        EventType(name="task.changed"),
        EventType(name="event.created"),
        EventType(name="event.changed"),
        EventType(name="event.cancelled"),
        EventType(name="message.received"),
        EventType(name="payment.succeeded"),
        EventType(name="payment.failed"),
        EventType(name="invoice.paid"),
        EventType(name="refund.changed"),
    ),
    hooks=Hooks(
        proof=Proof.SIGNATURE,
        source=STANDARD,
        subscribes=False,
        shows_secret=True,
    ),
    deliveries=Deliveries(
        url_field="url",
        secret_field="signing_secret",  # noqa: S106 - the name of a field
        headers_field="headers",
        order_field="keep_order",
    ),
)
