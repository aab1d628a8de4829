"""Kommo's rows as the house's records."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dashboard.contracts.records import Company, Contact, Deal, Task
from dashboard.kit import moments
from dashboard.kit.reading import ToRecord
from providers.kommo.client import LOST, WON, Kommo, listed
from providers.kommo.fields import read_values

ABOUT = {"leads": "deals", "contacts": "contacts", "companies": "companies"}


def deal(row: Mapping[str, Any], client: Kommo) -> Deal:
    """A lead; its stage is named by pipeline and stage together."""
    pipeline, stage = row["pipeline_id"], row["status_id"]
    names = client.stages.get((pipeline, stage), ("", ""))
    price = row.get("price")
    return Deal(
        **_shared(row),
        url=client.page_url("leads", row["id"]),
        vendor_fields=read_values(row, client, "deals"),
        amount=None if price is None else Decimal(str(price)),
        currency=client.currency,
        pipeline=names[0],
        pipeline_id=str(pipeline),
        stage=names[1],
        stage_id=str(stage),
        closed={WON: "won", LOST: "lost"}.get(stage, ""),
        owner_id=_text(row.get("responsible_user_id")),
        contact_ids=tuple(str(one["id"]) for one in listed(row, "contacts")),
        company_id=_first_id(row, "companies"),
        tags=tags(row),
    )


def contact(row: Mapping[str, Any], client: Kommo) -> Contact:
    """A person; a nameless one is titled by phone or address."""
    phones, emails = multi(row, "PHONE"), multi(row, "EMAIL")
    shared = _shared(row)
    if not row.get("name"):
        shared["title"] = next(iter([*phones, *emails, shared["title"]]))
    return Contact(
        **shared,
        url=client.page_url("contacts", row["id"]),
        vendor_fields=read_values(row, client, "contacts"),
        first_name=row.get("first_name") or "",
        last_name=row.get("last_name") or "",
        phones=phones,
        emails=emails,
        company_id=_first_id(row, "companies"),
        owner_id=_text(row.get("responsible_user_id")),
        tags=tags(row),
    )


def company(row: Mapping[str, Any], client: Kommo) -> Company:
    """An organisation."""
    return Company(
        **_shared(row),
        url=client.page_url("companies", row["id"]),
        vendor_fields=read_values(row, client, "companies"),
        phones=multi(row, "PHONE"),
        emails=multi(row, "EMAIL"),
        website=next(iter(multi(row, "WEB")), ""),
        owner_id=_text(row.get("responsible_user_id")),
    )


def task(row: Mapping[str, Any], client: Kommo) -> Task:
    """A task; its page is the page of what it is about."""
    kind, about = row.get("entity_type"), row.get("entity_id")
    due = row.get("complete_till")
    shared = _shared(row)
    return Task(
        **{**shared, "title": row.get("text") or shared["title"]},
        url=client.page_url(str(kind), about) if kind in ABOUT and about else "",
        due_at=moments.from_unix(due) if due else None,
        completed=bool(row.get("is_completed")),
        owner_id=_text(row.get("responsible_user_id")),
        about_kind=ABOUT.get(str(kind), ""),
        about_id=_text(about),
    )


RECORDS: dict[str, ToRecord] = {
    "deals": deal,  # type: ignore[dict-item]  # the client is always ours
    "contacts": contact,  # type: ignore[dict-item]
    "companies": company,  # type: ignore[dict-item]
    "tasks": task,  # type: ignore[dict-item]
}


def multi(row: Mapping[str, Any], code: str) -> tuple[str, ...]:
    """All values of a field by its code, such as PHONE."""
    return tuple(
        str(value["value"])
        for field in row.get("custom_fields_values") or ()
        if field.get("field_code") == code
        for value in field.get("values") or ()
        if value.get("value")
    )


def tags(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a record's tags."""
    return tuple(str(tag["name"]) for tag in listed(row, "tags"))


def _shared(row: Mapping[str, Any]) -> dict[str, Any]:
    created = row.get("created_at")
    return {
        "external_id": str(row["id"]),
        "updated_at": moments.from_unix(row["updated_at"]),
        "created_at": moments.from_unix(created) if created else None,
        "title": str(row.get("name") or f"#{row['id']}"),
    }


def _first_id(row: Mapping[str, Any], name: str) -> str:
    return next((str(one["id"]) for one in listed(row, name)), "")


def _text(value: object) -> str:
    return str(value) if value else ""
