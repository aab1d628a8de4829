"""One action for each promise about repeats."""

from datetime import datetime
from typing import Any

from dashboard.contracts import crm
from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.kit.http import Client


def _written(client: Client, path: str, request: Any, key: str) -> str:
    body = {**request.model_dump(mode="json", exclude_unset=True), "key": key}
    return str(client.post(path, body)["id"])


@action(Effect.READ, Repeat.SAFE)
def find_contact(client: Client, request: crm.FindContact, *, key: str) -> crm.ContactsFound:
    """Look a person up."""
    del key
    rows = client.get("/contacts/search", {"q": request.query})["items"]
    found = [crm.ContactCard(external_id=str(r["id"]), name=r["name"]) for r in rows]
    return crm.ContactsFound(contacts=found)


def _by_key(
    client: Client, request: crm.CreateContact, key: str, started_at: datetime
) -> crm.ContactSaved | None:
    del request, started_at
    rows = client.get("/contacts/by-key", {"key": key})["items"]
    return crm.ContactSaved(external_id=str(rows[0]["id"]), created=True) if rows else None


@action(Effect.WRITE, Repeat.LOOKUP, touches="contacts", lookup=_by_key)
def create_contact(client: Client, request: crm.CreateContact, *, key: str) -> crm.ContactSaved:
    """Add a person."""
    made = _written(client, "/contacts", request, key)
    return crm.ContactSaved(external_id=made, created=True)


@action(Effect.WRITE, Repeat.SAFE, touches="deals")
def update_deal(client: Client, request: crm.UpdateDeal, *, key: str) -> crm.DealSaved:
    """Set values, as often as one likes."""
    return crm.DealSaved(external_id=_written(client, f"/deals/{request.deal_id}", request, key))


@action(Effect.WRITE, Repeat.KEYED, touches="deals")
def create_deal(client: Client, request: crm.CreateDeal, *, key: str) -> crm.DealSaved:
    """Pulse itself acts once for a key."""
    return crm.DealSaved(external_id=_written(client, "/deals", request, key))


@action(Effect.WRITE, Repeat.NEVER)
def add_note(client: Client, request: crm.AddNote, *, key: str) -> crm.NoteSaved:
    """Nothing tells whether a note was written."""
    return crm.NoteSaved(external_id=_written(client, "/notes", request, key))
