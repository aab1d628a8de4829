"""How the sandbox creates and changes records, as strictly as the vendor."""

from collections.abc import Mapping
from typing import Any

from dashboard.kit import moments
from dashboard.kit.sandbox import Refused, State
from providers.kommo.sandbox_hooks import SINGULAR, tell, tell_deleted, write_down
from providers.kommo.sandbox_wire import ENTITIES, found, invalid, problem

SHARED = {"name", "responsible_user_id", "custom_fields_values", "request_id", "_embedded"}
TAGS = {"tags_to_add", "tags_to_delete"}
MEMBERS = {
    "leads": {*SHARED, *TAGS, "price", "status_id", "pipeline_id", "loss_reason_id"},
    "contacts": {*SHARED, *TAGS, "first_name", "last_name"},
    "companies": {*SHARED, *TAGS},
    "tasks": {
        "text",
        "complete_till",
        "entity_id",
        "entity_type",
        "task_type_id",
        "responsible_user_id",
        "is_completed",
        "result",
        "duration",
        "request_id",
    },
}
NUMBERS = ("price", "status_id", "pipeline_id", "responsible_user_id", "complete_till")
EMBEDDED = {"tags", "contacts", "companies"}


def batch(body: Any, most: int = 250) -> list[dict[str, Any]]:
    """The body of a create: an array, and not too long a one.

    Raises:
        Refused: It is one object, or over the vendor's limit.
    """
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise Refused(problem(400, "Request body must be an array of objects"))
    if len(body) > most:
        raise Refused(problem(422, f"Limit {most} per page"))
    return body


def create(state: State, kind: str, given: Mapping[str, Any], place: int) -> dict[str, Any]:
    """Make a record and tell the listeners."""
    label = str(given.get("request_id", place))
    _check(state, kind, given, label)
    row = _blank(state, kind)
    if kind == "leads":
        row |= _stage(state, given, label)
    if kind == "tasks" and not {"text", "complete_till"} <= given.keys():
        raise invalid("FieldMissing", "text, complete_till", "This field is missing.", label)
    state["rows"][kind].append(row)
    _apply(state, kind, row, given, label)
    _name(kind, row, given)
    write_down(state, f"{SINGULAR[kind]}_added", kind, row)
    tell(state, kind, "add", row)
    return {"id": row["id"], "request_id": label}


def create_with_contact(state: State, lead: Mapping[str, Any], place: int) -> dict[str, Any]:
    """Make a lead with its contact and company at once; those with an id are linked."""
    embedded = dict(lead.get("_embedded") or {})
    ids: dict[str, int | None] = {"contacts": None, "companies": None}
    for kind in set(ids) & set(embedded):
        given = embedded[kind][0]
        ids[kind] = given.get("id") or create(state, kind, given, 0)["id"]
        embedded[kind] = [{"id": ids[kind]}]
    made = create(state, "leads", {**lead, "_embedded": embedded}, place)
    others = {"contact_id": ids["contacts"], "company_id": ids["companies"]}
    return {**made, **others, "request_id": [made["request_id"]], "merged": False}


def change(state: State, kind: str, row: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Change what is given and tell the listeners; moving to a stage is told by itself too."""
    label = str(given.get("request_id", "0"))
    fresh = {name: value for name, value in given.items() if name != "id"}
    _check(state, kind, fresh, label)
    before = {name: row.get(name) for name in ("status_id", "pipeline_id", "responsible_user_id")}
    if kind == "leads" and {"status_id", "pipeline_id"} & fresh.keys():
        row |= _stage(state, {**row, **fresh}, label)
    _apply(state, kind, row, fresh, label)
    _name(kind, row, fresh)
    touch(row)
    if row.get("status_id") != before["status_id"]:
        old = {"old_status_id": before["status_id"], "old_pipeline_id": before["pipeline_id"]}
        row["closed_at"] = row["updated_at"] if row["status_id"] in (142, 143) else None
        write_down(state, "lead_status_changed", kind, row)
        tell(state, kind, "status", row, **old)
    if row["responsible_user_id"] != before["responsible_user_id"]:
        tell(state, kind, "responsible", row, old_responsible_user_id=before["responsible_user_id"])
    tell(state, kind, "update", row)


def delete(state: State, kind: str, row: dict[str, Any]) -> None:
    """Put a record into the bin, as people do; the API has no call for it."""
    row["is_deleted"] = True
    touch(row)
    write_down(state, f"{SINGULAR[kind]}_deleted", kind, row)
    tell_deleted(state, kind, row)


def touch(row: dict[str, Any]) -> None:
    """Mark a change; two in one second still differ."""
    row["updated_at"] = max(moments.to_unix(moments.now()), row["updated_at"] + 1)


def next_id(state: State) -> int:
    """The next id; all kinds of records share one sequence."""
    state["last_id"] += 1
    return int(state["last_id"])


def _blank(state: State, kind: str) -> dict[str, Any]:
    now, user = moments.to_unix(moments.now()), state["account"]["current_user_id"]
    row: dict[str, Any] = {
        "id": next_id(state),
        "responsible_user_id": user,
        "group_id": 0,
        "created_by": user,
        "updated_by": user,
        "created_at": now,
        "updated_at": now,
        "is_deleted": False,
        "account_id": state["account"]["id"],
    }
    if kind == "tasks":
        about: dict[str, Any] = {"entity_id": None, "entity_type": None, "task_type_id": 1}
        return {**row, **about, "is_completed": False, "result": [], "duration": 0}
    row |= {"name": "", "custom_fields_values": None, "closest_task_at": None}
    row["_embedded"] = {"tags": [], "companies": []}
    if kind == "contacts":
        row |= {"first_name": "", "last_name": ""}
    if kind == "leads":
        row |= {"price": 0, "loss_reason_id": None, "closed_at": None}
        row["_embedded"]["contacts"] = []
    return row


def _check(state: State, kind: str, given: Mapping[str, Any], label: str) -> None:
    for name in given.keys() - MEMBERS[kind]:
        raise invalid("NotSupportedField", name, "This field was not expected.", label)
    for name in NUMBERS:
        if name in given and type(given[name]) is not int:
            raise invalid("InvalidType", name, "This value should be of type int.", label)
    users = [user["id"] for user in state["users"]]
    if given.get("responsible_user_id", users[0]) not in users:
        raise invalid("NotSupportedChoice", "responsible_user_id", "No such user.", label)
    odd = (given.get("_embedded") or {}).keys() - EMBEDDED
    if odd:
        raise invalid("NotSupportedField", f"_embedded.{odd.pop()}", "Not expected.", label)


def _stage(state: State, given: Mapping[str, Any], label: str) -> dict[str, int]:
    main = state["pipelines"][0]["id"]
    homes = {
        (pipeline["id"], stage["id"]): stage
        for pipeline in state["pipelines"]
        for stage in pipeline["_embedded"]["statuses"]
    }
    status = given.get("status_id")
    pipeline = given.get("pipeline_id") or next((p for p, s in homes if s == status), main)
    if status is None:
        status = next(s for p, s in homes if p == pipeline and homes[p, s]["type"] == 0)
    if (pipeline, status) not in homes:
        raise invalid("NotSupportedChoice", "status_id", "No such stage in the pipeline.", label)
    return {"pipeline_id": pipeline, "status_id": status}


def _apply(
    state: State, kind: str, row: dict[str, Any], given: Mapping[str, Any], label: str
) -> None:
    special = {*TAGS, "_embedded", "custom_fields_values", "request_id"}
    row |= {name: value for name, value in given.items() if name not in special}
    for field in given.get("custom_fields_values") or ():
        _put_field(state, kind, row, field, label)
    embedded = given.get("_embedded") or {}
    for name in embedded.keys() - {"tags"}:
        for one in embedded[name]:
            found(state, name, str(one["id"]))
        row["_embedded"][name] = [{"id": one["id"], "is_main": True} for one in embedded[name]]
    if "tags" in embedded:  # the whole set is replaced
        row["_embedded"]["tags"] = [_tag(state, kind, tag) for tag in embedded["tags"]]
    for tag in given.get("tags_to_add") or ():
        known = _tag(state, kind, tag)
        row["_embedded"]["tags"] += [known] if known not in row["_embedded"]["tags"] else []
    gone = [_tag(state, kind, tag) for tag in given.get("tags_to_delete") or ()]
    if gone:
        left = [tag for tag in row["_embedded"]["tags"] if tag not in gone]
        row["_embedded"]["tags"] = left


def _tag(state: State, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    tags: list[dict[str, Any]] = state["tags"][kind]
    for tag in tags:
        if tag["id"] == given.get("id") or tag["name"] == given.get("name"):
            return tag
    tags.append({"id": next_id(state), "name": str(given.get("name", "")), "color": None})
    return tags[-1]


def _put_field(
    state: State, kind: str, row: dict[str, Any], given: Mapping[str, Any], label: str
) -> None:
    wanted = (given.get("field_id"), given.get("field_code"))
    rows = state["fields"].get(kind, ())
    field = next((f for f in rows if f["id"] == wanted[0] or (f["code"] or 0) == wanted[1]), None)
    if field is None:
        path = "custom_fields_values.0.field_id"
        raise invalid("NotSupportedChoice", path, "The field does not exist.", label)
    kept = [f for f in row["custom_fields_values"] or () if f["field_id"] != field["id"]]
    if given.get("values") is not None:
        values = [_value(field, one, label) for one in given["values"]]
        about = {f"field_{name}": field[name] for name in ("id", "name", "code", "type")}
        kept.append({**about, "values": values})
    row["custom_fields_values"] = kept or None


def _value(field: Mapping[str, Any], given: Any, label: str) -> dict[str, Any]:
    path = "custom_fields_values.0.values"
    if not isinstance(given, dict) or not {"value", "enum_id", "enum_code"} & given.keys():
        raise invalid("InvalidType", path, "A value must be an object.", label)
    if field["type"] in ("select", "radiobutton", "multiselect"):
        for option in field["enums"]:
            if option["id"] == given.get("enum_id") or option["value"] == given.get("value"):
                return {"value": option["value"], "enum_id": option["id"], "enum_code": None}
        raise invalid("NotSupportedChoice", path, "The option does not exist.", label)
    if field["type"] == "checkbox" and not isinstance(given["value"], bool):
        raise invalid("InvalidType", path, "This value should be of type bool.", label)
    if field["type"] in ("date", "date_time", "birthday") and not isinstance(given["value"], int):
        given = {"value": moments.to_unix(moments.from_iso(str(given["value"])))}
    return dict(given)


def _name(kind: str, row: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Keep the parts of a person's name and the whole alike."""
    if kind == "leads" and not row["name"]:
        row["name"] = f"Lead #{row['id']}"
    if kind != "contacts":
        return
    if "name" in given:
        first, _, last = str(given["name"]).partition(" ")
        row |= {"first_name": first, "last_name": last}
    elif {"first_name", "last_name"} & given.keys():
        row["name"] = f"{row['first_name']} {row['last_name']}".strip()


def note(state: State, kind: str, row_id: int, given: Mapping[str, Any], place: int) -> Any:
    """Add a note to a record's timeline."""
    label = str(given.get("request_id", place))
    if kind not in ENTITIES:
        raise Refused(problem(404, "Not found"))
    row = found(state, kind, str(row_id))
    text = (given.get("params") or {}).get("text")
    if given.get("note_type") != "common" or not text:
        raise invalid("FieldMissing", "params.text", "This field is missing.", label)
    made = {name: _blank(state, "tasks")[name] for name in ("created_at", "updated_at")}
    user = state["account"]["current_user_id"]
    made |= {"id": next_id(state), "entity_id": row["id"], "created_by": user, "updated_by": user}
    made |= {"responsible_user_id": user, "group_id": 0, "note_type": "common"}
    made |= {"params": {"text": text}, "account_id": state["account"]["id"]}
    state["notes"].append({**made, "kind": kind})
    told = {"element_id": row["id"], "text": text, "note_type": 4, "id": made["id"]}
    tell(state, kind, "note", row, note=told)
    return {"id": made["id"], "entity_id": row["id"], "request_id": label}
