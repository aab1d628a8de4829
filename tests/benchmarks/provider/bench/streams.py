"""Rows as contacts, with everything a real CRM's row is turned into."""

from collections.abc import Mapping
from typing import Any

from dashboard.contracts.records import Contact
from dashboard.kit import moments
from dashboard.kit.http import Client


def contacts(row: Mapping[str, Any], _client: Client) -> Contact:
    """A row as a contact."""
    return Contact(
        external_id=str(row["id"]),
        updated_at=moments.from_unix(row["updated_at"]),
        created_at=moments.from_unix(row["created_at"]),
        title=row["name"],
        url=row["_links"]["self"]["href"],
        vendor_fields={
            str(field["field_id"]): field["values"][0]["value"]
            for field in row["custom_fields_values"]
        },
        first_name=row["first_name"],
        last_name=row["last_name"],
        emails=(row["email"],),
        phones=(row["phone"],),
        owner_id=str(row["responsible_user_id"]),
    )
