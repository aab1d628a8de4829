"""What an agent may send to the receiver."""

import hashlib

from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.contracts.automation import FlowTriggered, TriggerFlow
from dashboard.kit.http import Client
from providers.webhook.client import send


@action(Effect.WRITE, Repeat.KEYED)
def trigger_flow(client: Client, request: TriggerFlow, *, key: str) -> FlowTriggered:
    """Post a signed event; a repeat carries the same id, which receivers take once."""
    digest = hashlib.sha256(f"{key}\n{request.model_dump_json()}".encode()).hexdigest()
    message_id = f"msg_{digest[:40]}"
    reply = send(client, request.event, request.payload, message_id=message_id)
    return FlowTriggered(external_id=message_id, status=reply.status, answer=str(reply.body)[:1024])
