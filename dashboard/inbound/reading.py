"""An authentic call, read into events; what nobody understands is kept as `unknown`."""

import hashlib
import json
from typing import Any

from dashboard import clock, registry
from dashboard.contracts.errors import Rejected
from dashboard.contracts.events import InboundEvent, Request
from dashboard.inbound.trust import Hook
from dashboard.kit.storable import text
from dashboard.store.events import Arrival
from dashboard.store.packing import pack

LONGEST_ID = 200
UNKNOWN = "unknown"
# What a provider's reader meets in a body of another form; too deep a nesting is one.
_NOT_UNDERSTOOD = (
    Rejected,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)


class Malformed(Exception):
    """The body is not even of the form the vendor sends."""


def read(hook: Hook, request: Request) -> list[Arrival]:
    """Rows to store, one for each event in the call.

    Raises:
        Malformed: The body is neither understood nor a JSON document or form.
    """
    webhooks = registry.part(hook.provider, "webhooks")
    try:
        events: list[InboundEvent] = webhooks.parse(request, hook.trust)
        return [_row(hook.connection_id, event) for event in events]
    except _NOT_UNDERSTOOD:
        return [_unknown(hook.connection_id, request)]


def _row(connection_id: str, event: InboundEvent) -> Arrival:
    records = [[stream, pack(record)] for stream, record in event.records]
    refetch = [[again.stream, again.external_id, again.deleted] for again in event.refetch]
    return Arrival(
        connection_id=connection_id,
        vendor_id=_id(event.id),
        name=event.name,
        vendor_name=text(event.vendor_name)[:LONGEST_ID],
        payload=dict(event.payload),
        work={"records": records, "refetch": refetch},
        occurred_at=event.occurred_at,
    )


def _unknown(connection_id: str, request: Request) -> Arrival:
    digest = hashlib.sha256(request.body).hexdigest()
    return Arrival(
        connection_id=connection_id,
        vendor_id=f"{UNKNOWN}:{digest}",
        name=UNKNOWN,
        vendor_name="",
        payload=_payload(request),
        work={"records": [], "refetch": []},
        occurred_at=clock.now(),
    )


def _payload(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, (dict, list)):
        return body if isinstance(body, dict) else {"items": body}
    if "form" in request.headers.get("content-type", ""):
        return dict(_form(request))
    raise Malformed


def _form(request: Request) -> list[tuple[str, str]]:
    try:
        return request.form()
    except ValueError:
        raise Malformed from None


def _id(vendor_id: str) -> str:
    """The vendor's id; a very long one is replaced by its digest."""
    clean = text(vendor_id)
    return clean if len(clean) <= LONGEST_ID else hashlib.sha256(clean.encode()).hexdigest()
