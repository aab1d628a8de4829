"""Lists by cursor: the cursor is the place of the last row seen, opaque to callers."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from dashboard.contracts.errors import Refusal
from dashboard.kit.storable import is_text

Limit = Annotated[int, Query(ge=1, le=200, description="Rows a page.")]
Cursor = Annotated[
    str, Query(max_length=500, description="`next_cursor` of the page before; empty to begin.")
]
T = TypeVar("T")


def seen(cursor: str, parts: int = 1) -> tuple[str, ...]:
    """The place a cursor stands for; an empty tuple at the beginning.

    Raises:
        Refusal: `api.bad_cursor`.
    """
    if not cursor:
        return ()
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, binascii.Error) as broken:
        raise Refusal("api.bad_cursor", field="cursor") from broken
    right = isinstance(place, list) and len(place) == parts
    if not right or not all(isinstance(part, str) and is_text(part) for part in place):
        raise Refusal("api.bad_cursor", field="cursor")
    return tuple(place)


def split(
    rows: Sequence[T], limit: int, place: Callable[[T], tuple[str, ...]]
) -> tuple[Sequence[T], str | None]:
    """A page and the cursor of the next one.

    Args:
        rows: One more than `limit` was asked for, to learn whether there is a next page.
    """
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    packed = json.dumps(place(page[-1])).encode()
    return page, base64.urlsafe_b64encode(packed).decode().rstrip("=")
