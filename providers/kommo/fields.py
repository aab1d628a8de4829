"""Fields of an account: which there are, how their values are read and how they are written."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.contracts.accounts import VendorField
from dashboard.contracts.errors import Rejected
from dashboard.kit import moments
from providers.kommo.client import LOST, WON, Kommo, every

KINDS = {"deals": "leads", "contacts": "contacts", "companies": "companies"}
# Not in the vendor's list of fields, so they are listed here (docs of each entity).
STANDARD: dict[str, tuple[VendorField, ...]] = {
    "deals": (
        VendorField(name="name", label="Name", max_length=255),
        VendorField(name="price", label="Budget", type="number"),
        VendorField(name="status_id", label="Stage", type="enum"),
        VendorField(name="pipeline_id", label="Pipeline", type="enum"),
        VendorField(name="responsible_user_id", label="Responsible user", type="number"),
        VendorField(name="loss_reason_id", label="Loss reason", type="number"),
        VendorField(name="created_at", label="Created", type="datetime", read_only=True),
        VendorField(name="closed_at", label="Closed", type="datetime", read_only=True),
    ),
    "contacts": (
        VendorField(name="name", label="Full name", max_length=255),
        VendorField(name="first_name", label="First name", max_length=255),
        VendorField(name="last_name", label="Last name", max_length=255),
        VendorField(name="responsible_user_id", label="Responsible user", type="number"),
    ),
    "companies": (
        VendorField(name="name", label="Name", max_length=255),
        VendorField(name="responsible_user_id", label="Responsible user", type="number"),
    ),
}
# The vendor's types (amocrm-api-php, CustomFieldModel); types not named here are text.
TYPES = {
    "numeric": "number",
    "price": "number",
    "monetary": "number",
    "checkbox": "boolean",
    "select": "enum",
    "radiobutton": "enum",
    "multiselect": "enums",
    "date": "date",
    "birthday": "date",
    "date_time": "datetime",
    "url": "url",
}
# Their values are objects of their own (a company's requisites, goods, files): read, not written.
COMPOSED = frozenset(
    {
        "legal_entity",
        "items",
        "category",
        "linked_entity",
        "chained_list",
        "file",
        "payer",
        "supplier",
    }
)
ADDRESS_PARTS = frozenset(
    {"address_line_1", "address_line_2", "city", "state", "zip", "country"},
)
NUMBERS = frozenset({"price", "status_id", "pipeline_id", "responsible_user_id", "loss_reason_id"})


def fields(client: Kommo, stream: str) -> list[VendorField]:
    """All fields of a stream: the standard ones, then the account's own in its order."""
    if stream not in KINDS:
        return []
    standard = [_with_options(field, client) for field in STANDARD[stream]]
    return standard + [_described(row) for row in definitions(client, stream)]


def definitions(client: Kommo, stream: str) -> list[dict[str, Any]]:
    """The vendor's definitions of custom fields, read once per client."""
    kind = KINDS[stream]
    if kind not in client.field_rows:
        rows = every(client, f"/api/v4/{kind}/custom_fields", "custom_fields")
        client.field_rows[kind] = sorted(rows, key=lambda row: row.get("sort", 0))
    return client.field_rows[kind]


def read_values(row: Mapping[str, Any], client: Kommo, stream: str) -> dict[str, Any]:
    """A row's fields by the names in `fields()`; dates as ISO text, several values as a list."""
    found: dict[str, Any] = {f.name: row.get(f.name) for f in STANDARD[stream]}
    for name in ("status_id", "pipeline_id"):  # as the options of these fields are written
        if found.get(name):
            found[name] = str(found[name])
    for name in ("created_at", "closed_at"):
        if found.get(name):
            found[name] = moments.to_iso(moments.from_unix(found[name]))
    # `custom_fields_values` is null, not an empty list, when a record has none.
    for field in row.get("custom_fields_values") or ():
        found[str(field["field_id"])] = _read(field, client)
    return found


def written(client: Kommo, stream: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Members of a create or update body for values by field name.

    Raises:
        Rejected: `field_*` naming the field that is unknown, read-only or got an odd value.
    """
    body: dict[str, Any] = {}
    custom: list[dict[str, Any]] = []
    standard = {field.name: field for field in STANDARD[stream]}
    for name, value in values.items():
        if name in standard:
            body[name] = _plain(standard[name], value)
        else:
            custom.append(_shaped(_definition(client, stream, name), value, client.zone))
    if custom:
        body["custom_fields_values"] = custom
    return body


def multitext(code: str, values: list[str]) -> dict[str, Any]:
    """Phones or addresses as one field value, all marked as work ones."""
    return {
        "field_code": code,
        "values": [{"value": value, "enum_code": "WORK"} for value in values],
    }


def _with_options(field: VendorField, client: Kommo) -> VendorField:
    if field.type != "enum":
        return field
    pipelines = {str(row["id"]): str(row["name"]) for row in client.pipelines}
    # Won and lost are the same two stages in every pipeline, so they go without its name.
    stages = {
        str(stage): name if stage in (WON, LOST) else f"{pipeline}: {name}"
        for (_, stage), (pipeline, name) in client.stages.items()
    }
    options = pipelines if field.name == "pipeline_id" else stages
    return VendorField(
        name=field.name, label=field.label, type="enum", options=tuple(options.items())
    )


def _described(row: Mapping[str, Any]) -> VendorField:
    kind = str(row.get("type", "text"))
    by_code = {"PHONE": "phone", "EMAIL": "email"}.get(str(row.get("code")), "text")
    return VendorField(
        name=str(row["id"]),
        label=str(row["name"]),
        type=by_code if kind == "multitext" else TYPES.get(kind, "text"),
        # People's own words on both sides: the vendor takes an option by its text as well.
        options=tuple((str(e["value"]), str(e["value"])) for e in row.get("enums") or ())
        if TYPES.get(kind) in ("enum", "enums")
        else (),
        required=bool(row.get("required_statuses")),
        read_only=kind in COMPOSED or bool(row.get("is_computed")),
        custom=True,
        max_length=256 if kind == "text" else 0,
    )


def _definition(client: Kommo, stream: str, name: str) -> dict[str, Any]:
    rows = definitions(client, stream)
    found = next((row for row in rows if name in (str(row["id"]), row.get("code"))), None)
    if found is None:
        raise Rejected(code="field_unknown", field=name)
    if _described(found).read_only:
        raise Rejected(code="field_read_only", field=name)
    return found


def _read(field: Mapping[str, Any], client: Kommo) -> Any:
    kind = field.get("field_type", "text")
    values = [value.get("value") for value in field.get("values") or ()]
    if kind in ("date", "birthday"):
        values = [_as_date(value, client.zone) for value in values]
    elif kind == "date_time":
        values = [moments.to_iso(_as_moment(value)) for value in values]
    if kind == "smart_address":
        return ", ".join(str(value) for value in values if value)
    several = kind == "multiselect" or kind in COMPOSED
    return values if several else next(iter(values), None)


def _as_moment(value: Any) -> datetime:
    number = isinstance(value, int) or str(value).lstrip("-").isdigit()
    return moments.from_unix(value) if number else moments.from_iso(str(value))


def _as_date(value: Any, zone: ZoneInfo) -> str:
    """The calendar day: the vendor keeps a date as midnight in the account's own zone."""
    return _as_moment(value).astimezone(zone).date().isoformat()


def _plain(field: VendorField, value: Any) -> Any:
    if field.read_only:
        raise Rejected(code="field_read_only", field=field.name)
    if field.name not in NUMBERS:
        return str(value)
    try:
        return int(str(value))
    except ValueError:
        raise Rejected(code="field_not_integer", field=field.name) from None


def _shaped(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> dict[str, Any]:
    if value in (None, "", []):
        return {"field_id": row["id"], "values": None}
    shape = SHAPES.get(str(row.get("type")), _texts)
    try:
        return {"field_id": row["id"], "values": shape(row, value, zone)}
    except (ValueError, TypeError, ArithmeticError, OSError):
        raise Rejected(code="field_bad_value", field=str(row["id"])) from None


def _texts(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row, zone
    return [{"value": str(value)}]


def _number(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row, zone
    float(str(value))
    return [{"value": str(value)}]


def _flag(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row, zone
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if str(value).lower() not in words:
        raise ValueError(value)
    return [{"value": words[str(value).lower()]}]


def _options(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del zone
    known = {str(e["value"]): e["id"] for e in row.get("enums") or ()}
    known |= {str(e["id"]): e["id"] for e in row.get("enums") or ()}
    chosen = value if isinstance(value, list) else [value]
    if any(str(one) not in known for one in chosen):
        raise ValueError(value)
    return [{"enum_id": known[str(one)]} for one in chosen]


def _option(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    if isinstance(value, list) and len(value) != 1:
        raise ValueError(value)
    return _options(row, value, zone)


def _many(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row, zone
    chosen = value if isinstance(value, list) else [value]
    return [{"value": str(one), "enum_code": "WORK"} for one in chosen]


def _day(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row
    day = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return [{"value": moments.to_unix(datetime.combine(day, time(), zone))}]


def _moment(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    return [{"value": moments.to_unix(at.astimezone(UTC))}]


def _address(row: Mapping[str, Any], value: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    del row, zone
    parts = value if isinstance(value, dict) else {"address_line_1": value}
    if not parts.keys() <= ADDRESS_PARTS:
        raise ValueError(value)
    return [{"value": str(text), "enum_code": part} for part, text in parts.items()]


Shape = Callable[[Mapping[str, Any], Any, ZoneInfo], list[dict[str, Any]]]
SHAPES: dict[str, Shape] = {
    "numeric": _number,
    "price": _number,
    "monetary": _number,
    "checkbox": _flag,
    "select": _option,
    "radiobutton": _option,
    "multiselect": _options,
    "multitext": _many,
    "date": _day,
    "birthday": _day,
    "date_time": _moment,
    "smart_address": _address,
}
