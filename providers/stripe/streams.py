"""Records from Stripe: all of them by list once, then only what the events say has changed.

Lists know no "updated since". Events know it, for thirty days; older than that, the stream is
read anew from the beginning. An event only names what changed, because its copy of the object
has the shape of another API version: the object itself is always read again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from dashboard.contracts.errors import Rejected
from dashboard.contracts.records import Record
from dashboard.kit import moments
from dashboard.kit.http import Client, segment
from dashboard.kit.reading import CursorState, Page, read_rows
from providers.stripe import rows
from providers.stripe.client import read_list, read_one

PAGE = 100
# Every changed object costs a call, and a link two. A page must fit into half a second's
# allowance: when the account's bucket runs dry in the middle, the page begins anew.
EVENTS_PAGE = 8
LINKS_PAGE = 5
# A day less than Stripe keeps events, so that none falls out while the reading goes on.
EVENTS_LIVE = timedelta(days=29)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a stream comes from: its list, its row reader and the events that touch it."""

    path: str
    read: Callable[[Mapping[str, Any], Client], Record]
    events: tuple[str, ...]
    expand: tuple[str, ...] = ()
    size: int = PAGE


SOURCES = {
    "customers": Source(
        path="/v1/customers",
        read=rows.customer,
        events=("customer.created", "customer.updated", "customer.deleted"),
    ),
    "invoices": Source(
        path="/v1/invoices",
        read=rows.invoice,
        events=(
            "invoice.created",
            "invoice.updated",
            "invoice.deleted",
            "invoice.finalized",
            "invoice.sent",
            "invoice.paid",
            "invoice.payment_failed",
            "invoice.overdue",
            "invoice.voided",
            "invoice.marked_uncollectible",
        ),
    ),
    "payments": Source(
        path="/v1/payment_intents",
        read=rows.payment,
        events=(
            "payment_intent.created",
            "payment_intent.processing",
            "payment_intent.requires_action",
            "payment_intent.amount_capturable_updated",
            "payment_intent.succeeded",
            "payment_intent.payment_failed",
            "payment_intent.canceled",
        ),
    ),
    "payment_links": Source(
        path="/v1/payment_links",
        read=rows.payment_link,
        events=(
            "payment_link.created",
            "payment_link.updated",
            "checkout.session.completed",
            "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed",
        ),
        expand=("line_items",),
        size=LINKS_PAGE,
    ),
    "refunds": Source(
        path="/v1/refunds",
        read=rows.refund,
        events=("refund.created", "refund.updated", "refund.failed"),
    ),
}


def customers(client: Client, cursor: CursorState) -> Iterator[Page]:
    """Payers."""
    return _read("customers", client, cursor)


def invoices(client: Client, cursor: CursorState) -> Iterator[Page]:
    """Bills."""
    return _read("invoices", client, cursor)


def payments(client: Client, cursor: CursorState) -> Iterator[Page]:
    """Payment intents, as Stripe calls money that moves."""
    return _read("payments", client, cursor)


def payment_links(client: Client, cursor: CursorState) -> Iterator[Page]:
    """Payment links; whether one is paid is read from its checkout sessions."""
    return _read("payment_links", client, cursor)


def refunds(client: Client, cursor: CursorState) -> Iterator[Page]:
    """Money that goes back."""
    return _read("refunds", client, cursor)


def fetch(client: Client, stream: str, external_id: str) -> Record | None:
    """One record as it is now; None when it is gone."""
    row = _object(client, stream, external_id)
    return SOURCES[stream].read(row, client) if row else None


def _object(client: Client, stream: str, external_id: str) -> Mapping[str, Any] | None:
    source = SOURCES[stream]
    params = {"expand[]": list(source.expand)}
    try:
        row = read_one(client, f"{source.path}/{segment(external_id)}", params)
    except Rejected as refused:
        if refused.status == 404 or refused.code == "not_found":
            return None
        raise
    return None if row.get("deleted") else row


def _read(stream: str, client: Client, cursor: CursorState) -> Iterator[Page]:
    started = cursor.get("read_at")
    if started and moments.now() - moments.from_iso(started) > EVENTS_LIVE:
        raise Rejected(code="cursor_expired", detail=f"{stream}: read {started}")
    if "since" in cursor and "after" not in cursor:
        return _changes(stream, client, cursor)
    return _all(stream, client, cursor)


def _all(stream: str, client: Client, cursor: CursorState) -> Iterator[Page]:
    source = SOURCES[stream]
    place = dict(cursor) or _now(client)
    while True:
        params = {
            "limit": source.size,
            "starting_after": place.get("after"),
            "expand[]": [f"data.{name}" for name in source.expand],
        }
        body = read_list(client, source.path, params)
        records, refused = read_rows(body["data"], client, source.read)
        if not body["has_more"]:
            done = {name: value for name, value in place.items() if name != "after"}
            yield Page(records=records, refused=refused, cursor=done, complete=True)
            return
        place = {**place, "after": body["data"][-1]["id"]}
        yield Page(records=records, refused=refused, cursor=place)


def _now(client: Client) -> dict[str, Any]:
    """Where events stand before a full reading: what changes during it is read afterwards.

    The vendor's own clock counts, so ours may be wrong.
    """
    newest = read_list(client, "/v1/events", {"limit": 1})["data"]
    since = newest[0]["created"] if newest else 0
    return {"since": since, "seen": [], "read_at": moments.to_iso(moments.now())}


def _changes(stream: str, client: Client, cursor: CursorState) -> Iterator[Page]:
    """Changed records, newest first; the cursor moves only when the last page is read."""
    since, seen = cursor["since"], set(cursor.get("seen", ()))
    newest = list(cursor.get("newest", ()))
    read_at = cursor.get("read_so_far") or moments.to_iso(moments.now())
    done: set[str] = set()
    place = cursor.get("before")
    while True:
        body = _events(stream, client, since, place)
        newest = _newest(newest, body["data"])
        fresh = [event for event in body["data"] if event["id"] not in seen]
        found = _again(stream, client, fresh, done)
        if not body["has_more"]:
            yield replace(found, cursor=_next_cursor(cursor, newest, read_at))
            return
        place = body["data"][-1]["id"]
        middle = {**cursor, "before": place, "newest": newest, "read_so_far": read_at}
        yield replace(found, cursor=middle)


def _events(stream: str, client: Client, since: int, place: str | None) -> Any:
    params = {
        "types[]": list(SOURCES[stream].events),
        "created[gte]": since,
        "limit": min(EVENTS_PAGE, SOURCES[stream].size),
        "starting_after": place,
    }
    return read_list(client, "/v1/events", params)


def _newest(so_far: list[Any], events: list[Mapping[str, Any]]) -> list[Any]:
    """Second of the newest event, and the ids of that second, to leave out next time."""
    if not so_far and not events:
        return []
    at = so_far[0] if so_far else events[0]["created"]
    found = [event["id"] for event in events if event["created"] == at]
    return [at, *so_far[1:], *found]


def _next_cursor(cursor: CursorState, newest: list[Any], read_at: str) -> dict[str, Any]:
    if not newest:
        return {"since": cursor["since"], "seen": cursor.get("seen", []), "read_at": read_at}
    since, *seen = newest
    old = cursor.get("seen", []) if since == cursor["since"] else []
    return {"since": since, "seen": sorted({*seen, *old}), "read_at": read_at}


def _again(stream: str, client: Client, events: list[Mapping[str, Any]], done: set[str]) -> Page:
    """The objects of some events, each read once in a run."""
    found: list[Any] = []
    gone: list[str] = []
    for external_id in dict.fromkeys(_subject(stream, event) for event in events):
        if not external_id or external_id in done:
            continue
        done.add(external_id)
        row = _object(client, stream, external_id)
        if row:
            found.append(row)
        else:
            gone.append(external_id)
    records, refused = read_rows(found, client, SOURCES[stream].read)
    return Page(records=records, refused=refused, deleted=tuple(gone))


def _subject(stream: str, event: Mapping[str, Any]) -> str:
    about = event["data"]["object"]
    session = about.get("object") == "checkout.session"
    found = about.get("payment_link") if session and stream == "payment_links" else about["id"]
    return str(found or "")
