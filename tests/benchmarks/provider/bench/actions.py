"""One action, written at the vendor and read again by the house."""

from dashboard.contracts import crm
from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.kit.http import Client


@action(Effect.WRITE, Repeat.KEYED, touches="contacts")
def create_contact(client: Client, request: crm.CreateContact, *, key: str) -> crm.ContactSaved:
    """Add a person."""
    made = client.post("/contacts", {"name": request.name, "key": key})
    return crm.ContactSaved(external_id=str(made["id"]), created=True)
