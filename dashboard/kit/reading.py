"""Read a stream page by page, as its manifest describes it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.contracts.errors import Unavailable
from dashboard.contracts.manifest import AfterLast, NextToken, PageNumber, Since, Stream
from dashboard.contracts.records import Record
from dashboard.kit import moments
from dashboard.kit.answers import dig
from dashboard.kit.http import Client

__all__ = ["CursorState", "Page", "ToRecord", "dig", "pages", "read_rows"]

CursorState = Mapping[str, Any]
ToRecord = Callable[[Mapping[str, Any], Client], Record]


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a stream, saved together with its cursor in one transaction.

    Args:
        records: In the vendor's order.
        deleted: Vendor ids that are gone.
        cursor: Where to go on after this page; JSON values only. An empty one means
            "from the beginning".
        complete: This page ends a full reading, so records not seen in it are gone.
            Set on the last page of a reading that began with an empty cursor.
        total: How many records the vendor says there are, None when it does not say.
        refused: (vendor id, reason) of rows that could not be read; the run becomes partial.
    """

    records: tuple[Record, ...] = ()
    deleted: tuple[str, ...] = ()
    cursor: CursorState = field(default_factory=dict)
    complete: bool = False
    total: int | None = None
    refused: tuple[tuple[str, str], ...] = ()


def pages(
    client: Client, stream: Stream, cursor: CursorState, to_record: ToRecord
) -> Iterator[Page]:
    """Yield pages from `cursor` to the end of a declared stream.

    The cursor kept between runs is `{"since": <iso>}`; within a run it also has `page`, so that
    a stopped run goes on where it stopped.
    """
    full = not cursor
    since, newest = cursor.get("since", ""), cursor.get("newest", "")
    place = cursor.get("page")
    full = full or bool(cursor.get("full"))
    while True:
        body = client.get(stream.path, _params(stream, since, place))
        rows = _rows(stream, body)
        records, refused = read_rows(rows, client, to_record)
        if records:
            newest = max(newest, max(r.updated_at for r in records).isoformat())
        place = _next_place(stream, body, rows, place)
        if place is None:
            last = {"since": newest or since} if stream.cursor else {}
            yield Page(records=records, refused=refused, cursor=last, complete=full)
            return
        middle = {"since": since, "newest": newest, "page": place, "full": full}
        yield Page(records=records, refused=refused, cursor=middle)


def read_rows(
    rows: list[Any], client: Client, to_record: ToRecord
) -> tuple[tuple[Record, ...], tuple[tuple[str, str], ...]]:
    """Records of the rows, and (id, reason) of the rows that are not as documented."""
    records: list[Record] = []
    refused: list[tuple[str, str]] = []
    for row in rows:
        try:
            records.append(to_record(row, client))
        except (KeyError, TypeError, ValueError, ArithmeticError) as odd:
            name = str(row.get("id", "?")) if isinstance(row, Mapping) else "?"
            refused.append((name, f"{type(odd).__name__}: {odd}"[:200]))
    return tuple(records), tuple(refused)


def _rows(stream: Stream, body: Any) -> list[Any]:
    """The rows of a page. A list that is empty may be left out, an answer may not.

    Raises:
        Unavailable: The answer is not of the documented form. Taken for an empty page it would
            end a full reading, and every record would count as deleted.
    """
    if body is None:
        return []
    rows = dig(body, stream.items) if stream.items else body
    if rows is None and isinstance(body, Mapping) and body:
        return []
    if not isinstance(rows, list):
        raise Unavailable(detail=f"GET {stream.path}: no list at {stream.items}")
    return rows


def _params(stream: Stream, since: str, place: Any) -> dict[str, Any]:
    params: dict[str, Any] = dict(stream.params)
    paging, cursor = stream.paging, stream.cursor
    if paging and paging.size_param:
        params[paging.size_param] = paging.size
    if isinstance(paging, PageNumber):
        params[paging.param] = paging.first if place is None else place
    elif paging and place is not None:
        params[paging.param] = place
    if cursor and since:
        moment = datetime.fromisoformat(since) - cursor.overlap
        unix = cursor.form is Since.UNIX
        params[cursor.param] = moments.to_unix(moment) if unix else moments.to_iso(moment)
    return params


def _next_place(stream: Stream, body: Any, rows: list[Any], place: Any) -> Any:
    paging = stream.paging
    if isinstance(paging, NextToken):
        return dig(body, paging.found_at) or None
    if isinstance(paging, AfterLast):
        return dig(rows[-1], paging.id_at) if rows and dig(body, paging.more_at) else None
    if isinstance(paging, PageNumber) and len(rows) == paging.size:
        return (paging.first if place is None else place) + 1
    return None
