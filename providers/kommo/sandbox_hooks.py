"""What the sandbox sends: forms in PHP's bracket notation, and lines of the account's journal."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from dashboard.kit import moments
from dashboard.kit.sandbox import Emitted, Refused, State, emit, token
from providers.kommo.sandbox_wire import problem

SINGULAR = {"leads": "lead", "contacts": "contact", "companies": "company", "tasks": "task"}
# Contacts and companies share a key of the form and differ by `type`.
KEYS = {"leads": "leads", "contacts": "contacts", "companies": "contacts", "tasks": "task"}
ABOUT = {"contacts": "1", "leads": "2", "companies": "3"}
EVENTS = frozenset(
    f"{action}_{noun}"
    for noun in ("lead", "contact", "company")
    for action in ("add", "update", "delete", "restore", "responsible", "note")
) | {"status_lead", "add_task", "update_task", "delete_task", "responsible_task"}


def listen(state: State, hook_id: int, destination: str, settings: list[str]) -> dict[str, Any]:
    """Register an address; the same one again only changes what it listens to.

    Raises:
        Refused: The account has a hundred already.
    """
    others = [hook for hook in state["hooks"] if hook["destination"] != destination]
    if len(others) >= 100:
        raise Refused(problem(422, "Webhooks limit exceeded"))
    now = moments.to_unix(moments.now())
    row = {
        "id": hook_id,
        "destination": destination,
        "created_at": now,
        "updated_at": now,
        "account_id": state["account"]["id"],
        "created_by": state["account"]["current_user_id"],
        "sort": len(others) + 1,
        "disabled": False,
        "settings": settings,
    }
    state["hooks"] = [*others, row]
    return row


def tell(state: State, kind: str, action: str, row: Mapping[str, Any], **extra: Any) -> None:
    """Post what happened to every address that listens to it."""
    _post(state, kind, action, {**_shown(kind, row), **extra})


def tell_deleted(state: State, kind: str, row: Mapping[str, Any]) -> None:
    """Post a deletion, which names the record and little more."""
    told = {name: row[name] for name in ("id", "status_id", "pipeline_id") if name in row}
    extra = {} if kind in ("leads", "tasks") else {"type": SINGULAR[kind]}
    _post(state, kind, "delete", {**told, **extra})


def _post(state: State, kind: str, action: str, told: Mapping[str, Any]) -> None:
    code = f"{action}_{SINGULAR[kind]}"
    form = urlencode(list(_flat(_body(state, kind, action, told)))).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for hook in state["hooks"]:
        if code in hook["settings"] and not hook["disabled"]:
            emit(state, Emitted(url=hook["destination"], body=form, headers=headers))


def write_down(state: State, type_: str, kind: str, row: Mapping[str, Any]) -> None:
    """Add a line to the journal behind GET /events."""
    state["events"].insert(
        0,
        {
            "id": token("01", 26),
            "type": type_,
            "entity_id": row["id"],
            "entity_type": SINGULAR[kind],
            "created_by": row.get("updated_by", 0),
            "created_at": moments.to_unix(moments.now()),
            "value_after": [],
            "value_before": [],
            "account_id": state["account"]["id"],
        },
    )


def _body(state: State, kind: str, action: str, row: Mapping[str, Any]) -> dict[str, Any]:
    account = state["account"]
    home = f"https://{account['subdomain']}.kommo.com"
    return {
        KEYS[kind]: {action: [row]},
        "account": {
            "id": account["id"],
            "subdomain": account["subdomain"],
            "_links": {"self": home},
        },
    }


def _shown(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    shared = {
        "id": row["id"],
        "responsible_user_id": row["responsible_user_id"],
        "date_create": row["created_at"],
        "last_modified": row["updated_at"],
        "created_user_id": row["created_by"],
        "modified_user_id": row["updated_by"],
        "account_id": row["account_id"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    if kind == "tasks":
        return shared | _task(row)
    shared |= {"name": row["name"] or "", "custom_fields": _custom(row)}
    if kind == "leads":
        told = {name: row[name] for name in ("status_id", "pipeline_id", "price")}
        return shared | told
    return shared | {"type": SINGULAR[kind]}


def _task(row: Mapping[str, Any]) -> dict[str, Any]:
    due = moments.from_unix(row["complete_till"]).astimezone(UTC)
    return {
        "element_id": row["entity_id"] or "",
        "element_type": ABOUT.get(row["entity_type"], ""),
        "task_type": row["task_type_id"],
        "text": row["text"],
        "status": int(row["is_completed"]),
        "complete_till": due.strftime("%Y-%m-%d %H:%M:%S"),
    }


def _custom(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": field["field_id"],
            "name": field["field_name"],
            **({"code": field["field_code"]} if field["field_code"] else {}),
            "values": [_value(field["field_type"], value) for value in field["values"]],
        }
        for field in row["custom_fields_values"] or ()
    ]


def _value(type_: str, value: Mapping[str, Any]) -> Any:
    """Dates stand bare, without the member `value`."""
    if type_ in ("date", "date_time", "birthday"):
        return value["value"]
    option = value.get("enum_id") or value.get("enum_code")
    return {"value": value["value"], **({"enum": option} if option else {})}


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, inner in pairs:
        full = f"{name}[{key}]" if name else str(key)
        if isinstance(inner, Mapping | list):
            yield from _flat(inner, full)
        else:
            yield full, str(inner)
