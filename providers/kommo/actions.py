"""What an agent may do in Kommo.

There are no idempotency keys. The desk acts once for each key of its own, so two calls of the same
words are two wishes; only after a lost answer it is looked for what the call has made.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from dashboard.contracts.actions import Effect, Repeat, action
from dashboard.contracts.crm import (
    AddNote,
    AddTags,
    CompleteTask,
    ContactCard,
    ContactSaved,
    ContactsFound,
    CreateContact,
    CreateDeal,
    CreateTask,
    DealSaved,
    FindContact,
    MoveDeal,
    NoteSaved,
    TagsSaved,
    TaskSaved,
    UpdateContact,
    UpdateDeal,
)
from dashboard.contracts.errors import OutcomeUnknown, Rejected
from dashboard.kit import moments
from dashboard.kit.digits import number
from providers.kommo import people, recent
from providers.kommo.client import Kommo, listed
from providers.kommo.fields import multitext, written
from providers.kommo.rows import tags

PATHS = {"deals": "leads", "contacts": "contacts", "companies": "companies"}
MOST_FOUND = 50


@action(Effect.READ, Repeat.SAFE)
def find_contact(client: Kommo, request: FindContact, *, key: str) -> ContactsFound:
    """Find people by phone or e-mail exactly, otherwise by free text."""
    del key
    if not (request.phone or request.email or request.query):
        raise Rejected(code="nothing_to_find", field="phone")
    rows = people.matching(client, request.phone, request.email, request.query)
    return ContactsFound(contacts=[_card(client, row) for row in rows[:MOST_FOUND]])


def _find_created_contact(
    client: Kommo, request: CreateContact, _key: str, started_at: datetime
) -> ContactSaved | None:
    made = recent.newest(client, "contacts", started_at)
    rows = [row for row in made if _same_person(client, row, request)]
    return _contact_saved(client, rows[0]["id"], created=True) if rows else None


@action(Effect.WRITE, Repeat.LOOKUP, touches="contacts", lookup=_find_created_contact)
def create_contact(client: Kommo, request: CreateContact, *, key: str) -> ContactSaved:
    """Add a person, unless one with the phone or e-mail is there already."""
    if request.phone or request.email:
        known = people.matching(client, request.phone, request.email)
        if known:
            return _contact_saved(client, known[0]["id"], created=False)
    body: dict[str, Any] = {"name": request.name, "request_id": key, **_owner(client)}
    body |= written(client, "contacts", request.custom_fields)
    given = {"PHONE": request.phone, "EMAIL": request.email}
    reach = [multitext(code, [value]) for code, value in given.items() if value]
    if reach:
        body["custom_fields_values"] = [*reach, *body.get("custom_fields_values", [])]
    return _contact_saved(client, _created(client, "contacts", body), created=True)


@action(Effect.WRITE, Repeat.SAFE, touches="contacts")
def update_contact(client: Kommo, request: UpdateContact, *, key: str) -> ContactSaved:
    """Change a person; a new phone or e-mail comes first and the others stay."""
    del key
    body = written(client, "contacts", request.custom_fields)
    if request.name is not None:
        body["name"] = request.name
    given = {"PHONE": request.phone, "EMAIL": request.email}
    reach = {code: value for code, value in given.items() if value}
    if reach:
        kept = people.with_first(client, _number(request.contact_id, "contact_id"), reach)
        body["custom_fields_values"] = [*kept, *body.get("custom_fields_values", [])]
    _change(client, "contacts", _number(request.contact_id, "contact_id"), body)
    return _contact_saved(client, request.contact_id, created=False)


def _find_created_deal(
    client: Kommo, request: CreateDeal, _key: str, started_at: datetime
) -> DealSaved | None:
    made = recent.newest(client, "leads", started_at, linked="contacts")
    rows = [row for row in made if _same_deal(row, request)]
    return _deal_saved(client, rows[0]["id"]) if rows else None


@action(Effect.WRITE, Repeat.LOOKUP, touches="deals", lookup=_find_created_deal)
def create_deal(client: Kommo, request: CreateDeal, *, key: str) -> DealSaved:
    """Open a deal."""
    body: dict[str, Any] = {"name": request.title, "request_id": key, **_owner(client)}
    body |= _place(client, request.pipeline_id, request.stage_id)
    if request.amount is not None:
        body["price"] = _price(request.amount)
    embedded: dict[str, Any] = {}
    if request.contact_id:
        embedded["contacts"] = [{"id": _number(request.contact_id, "contact_id")}]
    if request.tags:
        embedded["tags"] = [{"name": tag} for tag in request.tags]
    if embedded:
        body["_embedded"] = embedded
    body |= written(client, "deals", request.custom_fields)
    return _deal_saved(client, _created(client, "leads", body))


@action(Effect.WRITE, Repeat.SAFE, touches="deals")
def update_deal(client: Kommo, request: UpdateDeal, *, key: str) -> DealSaved:
    """Change a deal's title, amount or fields."""
    del key
    body = written(client, "deals", request.custom_fields)
    if request.title is not None:
        body["name"] = request.title
    if request.amount is not None:
        body["price"] = _price(request.amount)
    _change(client, "leads", _number(request.deal_id, "deal_id"), body)
    return _deal_saved(client, request.deal_id)


@action(Effect.WRITE, Repeat.SAFE, touches="deals")
def move_deal(client: Kommo, request: MoveDeal, *, key: str) -> DealSaved:
    """Put a deal into a stage; 142 wins and 143 loses it in any pipeline."""
    del key
    body = {"status_id": _number(request.stage_id, "stage_id")}
    if request.pipeline_id:
        body["pipeline_id"] = _number(request.pipeline_id, "pipeline_id")
    _change(client, "leads", _number(request.deal_id, "deal_id"), body)
    return _deal_saved(client, request.deal_id)


def _find_created_task(
    client: Kommo, request: CreateTask, _key: str, started_at: datetime
) -> TaskSaved | None:
    rows = [r for r in recent.newest(client, "tasks", started_at) if _same_task(r, request)]
    return TaskSaved(external_id=str(rows[0]["id"])) if rows else None


@action(Effect.WRITE, Repeat.LOOKUP, touches="tasks", lookup=_find_created_task)
def create_task(client: Kommo, request: CreateTask, *, key: str) -> TaskSaved:
    """Set a task."""
    owner = {"responsible_user_id": request.owner_id} if request.owner_id else _owner(client)
    body: dict[str, Any] = {
        "text": request.text,
        "complete_till": _due(request),
        "request_id": key,
        **{name: _number(str(value), "owner_id") for name, value in owner.items()},
    }
    if request.about_id:
        body |= {
            "entity_type": PATHS[request.about],
            "entity_id": _number(request.about_id, "about_id"),
        }
    return TaskSaved(external_id=str(_created(client, "tasks", body)))


@action(Effect.WRITE, Repeat.SAFE, touches="tasks")
def complete_task(client: Kommo, request: CompleteTask, *, key: str) -> TaskSaved:
    """Close a task with a word about the result."""
    del key
    body: dict[str, Any] = {"is_completed": True}
    if request.result:
        body["result"] = {"text": request.result}
    _change(client, "tasks", _number(request.task_id, "task_id"), body)
    return TaskSaved(external_id=request.task_id)


def _find_added_note(
    client: Kommo, request: AddNote, _key: str, started_at: datetime
) -> NoteSaved | None:
    rows = recent.newest(client, _notes_of(request), started_at, embedded="notes")
    same = [r for r in rows if (r.get("params") or {}).get("text") == request.text]
    return NoteSaved(external_id=str(same[0]["id"])) if same else None


@action(Effect.WRITE, Repeat.LOOKUP, lookup=_find_added_note)
def add_note(client: Kommo, request: AddNote, *, key: str) -> NoteSaved:
    """Write a note."""
    note = {"note_type": "common", "params": {"text": request.text}, "request_id": key}
    made = _created(client, _notes_of(request), note, embedded="notes")
    return NoteSaved(external_id=str(made))


@action(Effect.WRITE, Repeat.SAFE)
def add_tags(client: Kommo, request: AddTags, *, key: str) -> TagsSaved:
    """Add tags; `tags_to_add` keeps the others, unlike a list of embedded tags."""
    del key
    kind, row_id = PATHS[request.about], _number(request.about_id, "about_id")
    _change(client, kind, row_id, {"tags_to_add": [{"name": tag} for tag in request.tags]})
    row = client.get(f"/api/v4/{kind}/{row_id}", holds="id") or {}
    return TagsSaved(external_id=request.about_id, tags=list(tags(row)))


def _created(client: Kommo, path: str, row: dict[str, Any], embedded: str = "") -> int:
    """Create one thing: bodies are arrays, and the answer names it under its own list."""
    answer = client.post(f"/api/v4/{path}", [row])
    made = listed(answer, embedded or path)
    if not made or not isinstance(made[0].get("id"), int):
        raise OutcomeUnknown(detail=f"POST /api/v4/{path}: no id in the answer")
    return int(made[0]["id"])


def _change(client: Kommo, kind: str, row_id: int, body: dict[str, Any]) -> None:
    client.call("PATCH", f"/api/v4/{kind}/{row_id}", json=body, safe=True)


def _same_person(client: Kommo, row: dict[str, Any], request: CreateContact) -> bool:
    if request.phone or request.email:
        return people.has(client, row, request.phone, request.email)
    return bool(row.get("name") == request.name)


def _same_deal(row: dict[str, Any], request: CreateDeal) -> bool:
    price = request.amount is None or row.get("price") == int(request.amount)
    people_of = [str(one["id"]) for one in listed(row, "contacts")]
    contact = not request.contact_id or request.contact_id in people_of
    return row.get("name") == request.title and price and contact


def _same_task(row: dict[str, Any], request: CreateTask) -> bool:
    about = str(row.get("entity_id") or "") == request.about_id
    due = row.get("complete_till") == _due(request)
    return row.get("text") == request.text and about and due


def _due(request: CreateTask) -> int:
    if request.due_at.tzinfo is None:
        raise Rejected(code="due_without_offset", field="due_at")
    return moments.to_unix(request.due_at)


def _notes_of(request: AddNote) -> str:
    return f"{PATHS[request.about]}/{_number(request.about_id, 'about_id')}/notes"


def _place(client: Kommo, pipeline: str, stage: str) -> dict[str, int]:
    """Pipeline and stage of a new deal; a stage alone finds its pipeline by itself."""
    place = {"status_id": _number(stage, "stage_id")} if stage else {}
    homes = [ids[0] for ids in client.stages if ids[1] == place.get("status_id")] if stage else []
    chosen = pipeline or str(homes[0] if len(homes) == 1 else "")
    chosen = chosen or str(client.settings.get("default_pipeline") or "")
    return {"pipeline_id": _number(chosen, "pipeline_id"), **place} if chosen else place


def _owner(client: Kommo) -> dict[str, int]:
    owner = str(client.settings.get("default_owner") or "")
    return {"responsible_user_id": _number(owner, "default_owner")} if owner else {}


def _price(amount: Decimal) -> int:
    """Kommo keeps whole units of money only; rounding somebody's price is not ours to do."""
    if amount != amount.to_integral_value():
        raise Rejected(code="price_not_integer", field="amount")
    return int(amount)


def _number(text: str, field: str) -> int:
    found = number(text)
    if found is None:
        raise Rejected(code="not_an_id", field=field)
    return found


def _card(client: Kommo, row: dict[str, Any]) -> ContactCard:
    return ContactCard(
        external_id=str(row["id"]),
        name=row.get("name") or "",
        phones=list(people.phones(row)),
        emails=list(people.emails(row)),
        url=client.page_url("contacts", row["id"]),
    )


def _contact_saved(client: Kommo, row_id: object, *, created: bool) -> ContactSaved:
    url = client.page_url("contacts", row_id)
    return ContactSaved(external_id=str(row_id), created=created, url=url)


def _deal_saved(client: Kommo, row_id: object) -> DealSaved:
    return DealSaved(external_id=str(row_id), url=client.page_url("leads", row_id))
