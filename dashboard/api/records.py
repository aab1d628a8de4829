"""Synced records."""

# ruff: noqa: FAST003 - `agentId` and `integrationId` are taken by dependencies of needs.py
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from dashboard import registry
from dashboard.api.needs import Asks, Linked
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.readable import in_utc
from dashboard.api.work_shapes import RecordPage, RecordShape
from dashboard.contracts.errors import Refusal

router = APIRouter(tags=["sync"])
_Search = Annotated[str, Query(max_length=200, description="Words all of which must occur.")]


@router.get("/agents/{agentId}/integrations/{integrationId}/records/{stream}")
def records(
    stream: str,
    link: Linked,
    asks: Asks,
    limit: Limit = 50,
    cursor: Cursor = "",
    q: _Search = "",
) -> RecordPage:
    """Records of a stream, the newest change first."""
    if registry.manifest(link.provider).stream(stream) is None:
        values = {"integration": link.provider, "stream": stream[:100]}
        raise Refusal("api.no_stream", 404, values=values)
    rows = asks.records((link.id, stream), _before(cursor), limit + 1, q)
    page, following = split(rows, limit, lambda r: (r.updated_at.isoformat(), r.external_id))
    names = RecordShape.model_fields
    shaped = [RecordShape(**{name: getattr(row, name) for name in names}) for row in page]
    return RecordPage(records=shaped, next_cursor=following)


def _before(cursor: str) -> tuple[datetime, str] | None:
    place = seen(cursor, 2)
    if not place:
        return None
    try:
        moment = in_utc(datetime.fromisoformat(place[0]))
    except ValueError as broken:
        raise Refusal("api.bad_cursor", field="cursor") from broken
    if moment.tzinfo is None:
        raise Refusal("api.bad_cursor", field="cursor")
    return moment, place[1]
