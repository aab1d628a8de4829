"""A shared secret in a header; a body of one or more events."""

import json
from typing import Any

from providers.pulse import streams

from dashboard.contracts.events import InboundEvent, Refetch, Request, Trust
from dashboard.kit.signatures import require_secret_header

NAMES = {"deal": "deal.changed", "feed": "contact.changed"}


def verify(request: Request, trust: Trust) -> None:
    """Believe who knows the secret."""
    require_secret_header(request.headers, "x-pulse-secret", trust.secrets[0])


def parse(request: Request, _trust: Trust) -> list[InboundEvent]:
    """Each event with its record, or with what to read again."""
    return [_event(row) for row in json.loads(request.body)["events"]]


def _event(row: dict[str, Any]) -> InboundEvent:
    kind = row["kind"]
    carried = (("deals", streams.deals(row["deal"], None)),) if "deal" in row else ()
    again = {"deal": Refetch(stream="deals", external_id=str(row.get("id", "")))}
    again["feed"] = Refetch(stream="contacts")
    again["gone"] = Refetch(stream="deals", external_id=str(row.get("id", "")), deleted=True)
    return InboundEvent(
        id=str(row["event"]),
        name=NAMES.get(kind, "unknown"),
        vendor_name=kind,
        payload=row,
        records=carried,
        refetch=() if carried or kind not in again else (again[kind],),
    )
