"""What an agent may do in Minimal."""

from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.contracts.automation import FlowTriggered, TriggerFlow
from dashboard.kit.http import Client


@action(Effect.WRITE, Repeat.KEYED)
def trigger_flow(client: Client, request: TriggerFlow, *, key: str) -> FlowTriggered:
    """Start a flow; the vendor acts once for one key."""
    body = {"flow": request.event, "payload": request.payload, "key": key}
    made = client.call("POST", "/runs", json=body, safe=True, holds="id")
    return FlowTriggered(external_id=made.body["id"], status=made.status)
