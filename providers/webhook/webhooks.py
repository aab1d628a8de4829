"""Events that come in: signed by Standard Webhooks, named as the sender likes."""

import json
from collections.abc import Mapping
from typing import Any

from dashboard.contracts.errors import Rejected
from dashboard.contracts.events import InboundEvent, Request, Trust
from dashboard.contracts.records import Run
from dashboard.kit import moments
from dashboard.kit.digits import number
from dashboard.kit.signatures import StandardWebhooks

UNNAMED = "event"


def verify(request: Request, trust: Trust) -> None:
    """Believe a call signed with our secret within five minutes."""
    StandardWebhooks(secrets=trust.secrets).verify(request.headers, request.body)


def parse(request: Request, trust: Trust) -> list[InboundEvent]:
    """One call of a flow, and the run it stands for.

    Raises:
        Rejected: `not_an_event`: the body is no JSON object, or the call has no id or time.
    """
    del trust
    message_id, stamp = _header(request, "id"), _header(request, "timestamp")
    if not message_id or number(stamp) is None:
        raise Rejected("not_an_event", status=400)
    body = _object(request.body)
    at = moments.from_unix(stamp)
    kind = str(body.get("type") or UNNAMED)[:200]
    run = Run(external_id=message_id, updated_at=at, title=kind, status="accepted", trigger=kind)
    call = InboundEvent(
        id=message_id,
        name="flow.called",
        vendor_name=kind,
        occurred_at=at,
        payload=body,
        records=(("runs", run),),
    )
    return [call]


def _header(request: Request, name: str) -> str:
    """A header of the standard, or under the name Svix gives it."""
    headers = request.headers
    return headers.get(f"webhook-{name}") or headers.get(f"svix-{name}", "")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise Rejected("not_an_event", status=400)
    return read
