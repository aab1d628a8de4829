"""What was created a moment ago: how a lost answer is found again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard.contracts.errors import OutcomeUnknown
from dashboard.kit import moments
from providers.kommo.client import Kommo, has_next, listed

CLOCK_SKEW = timedelta(seconds=60)
NEWEST = 50


def newest(
    client: Kommo, path: str, since: datetime, *, embedded: str = "", linked: str = ""
) -> list[dict[str, Any]]:
    """Rows created since a moment, newest first, from the list itself: search lags behind.

    Args:
        embedded: Name of the rows in the answer where it is not the path.
        linked: Kind of linked records to show with each row.
    Raises:
        OutcomeUnknown: More was created than one page shows.
    """
    params = {"page": 1, "limit": NEWEST, "order[id]": "desc", "with": linked or None}
    body = client.get(f"/api/v4/{path}", params, holds="_embedded")
    rows = listed(body, embedded or path)
    at = client.at_vendor(since)  # rows carry the vendor's time, which may be minutes from ours
    if rows and has_next(body) and is_after(rows[-1], at):
        raise OutcomeUnknown(detail=f"GET /api/v4/{path}: too many new rows to tell")
    return [row for row in rows if is_after(row, at)]


def is_after(row: Mapping[str, Any], since: datetime) -> bool:
    """Whether a row was created since a moment of the vendor's clock, give or take a minute."""
    return bool(row.get("created_at", 0) >= moments.to_unix(since - CLOCK_SKEW))
