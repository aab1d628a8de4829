"""Deals by the kit's reader, contacts by a cursor of Pulse's own."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from dashboard.contracts.errors import Rejected
from dashboard.contracts.records import Contact, Deal, Record
from dashboard.kit import moments
from dashboard.kit.http import Client
from dashboard.kit.reading import Page


def deals(row: Mapping[str, Any], _client: Client) -> Deal:
    """A row as a deal."""
    return Deal(
        external_id=str(row["id"]),
        updated_at=moments.from_unix(row["updated_at"]),
        title=row["title"],
        amount=Decimal(str(row["amount"])),
        stage=row["stage"],
        tags=tuple(row.get("tags", ())),
    )


def contacts(client: Client, cursor: Mapping[str, Any]) -> Iterator[Page]:
    """Contacts by Pulse's change feed; deleted ones are named."""
    place, full = cursor.get("place", ""), not cursor or bool(cursor.get("full"))
    while True:
        body = client.get("/contacts", {"place": place})
        more = body["more"]
        place = body["place"]
        yield Page(
            records=tuple(map(_contact, body["items"])),
            deleted=tuple(body["deleted"]),
            cursor={"place": place, "full": full and more},
            complete=full and not more,
        )
        if not more:
            return


def fetch(client: Client, stream: str, external_id: str) -> Record | None:
    """One record as it is now."""
    try:
        row = client.get(f"/{stream}/{external_id}")
    except Rejected as refused:
        if refused.status == 404:
            return None
        raise
    return deals(row, client) if stream == "deals" else _contact(row)


def _contact(row: Mapping[str, Any]) -> Contact:
    return Contact(
        external_id=str(row["id"]),
        updated_at=moments.from_unix(row["updated_at"]),
        title=row["name"],
        emails=(row["email"],),
    )
