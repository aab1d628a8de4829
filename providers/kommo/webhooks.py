"""Webhooks: unsigned forms in PHP's bracket notation, so each is only a hint to read again."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.contracts.accounts import Subscription
from dashboard.contracts.errors import BadSignature, Rejected
from dashboard.contracts.events import InboundEvent, Refetch, Request, Trust
from dashboard.kit import moments
from dashboard.kit.digits import number
from dashboard.kit.signatures import same
from providers.kommo.client import Kommo, listed
from providers.kommo.manifest import MANIFEST

PATH = "/api/v4/webhooks"
MOST_PARTS = 12
# The guide names "Task edited" among the events, the reference has no code for it
# (developers.kommo.com, docs/webhooks-general and reference/webhook-events, read 2026-11-24).
DISPUTED = "update_task"
# Key of the form -> the singular in the vendor's event codes, and our stream.
ENTITIES = {
    "leads": ("lead", "deals"),
    "contacts": ("contact", "contacts"),
    "companies": ("company", "companies"),
    "task": ("task", "tasks"),
}
WORDS = {code: event.name for event in MANIFEST.events for code in event.vendor}


def verify(request: Request, trust: Trust) -> None:
    """Believe a call to the secret address that names the connected account.

    Raises:
        BadSignature: It names another account or none.
    """
    account = _tree(request).get("account")
    said = account if isinstance(account, dict) else {}
    if trust.account_id and said.get("id"):
        if not same(str(said["id"]), trust.account_id):
            raise BadSignature(detail="account[id] is another account's")
        return
    label = trust.open_fields.get("subdomain", "").partition(".")[0]
    if not label or not same(str(said.get("subdomain", "")), label):
        raise BadSignature(detail="account[subdomain] is another account's or missing")


def parse(request: Request, trust: Trust) -> list[InboundEvent]:
    """One event for each entity in the body."""
    del trust
    tree = _tree(request)
    return [
        _event(key, action, row)
        for key, actions in tree.items()
        if key != "account" and isinstance(actions, dict)
        for action, rows in actions.items()
        for row in _rows(rows)
    ]


def subscribe(client: Kommo, url: str, secret: str, events: Sequence[str]) -> Subscription:
    """Register our address for the chosen events; the address is the key, so twice is once.

    With no event chosen nothing is registered: the vendor takes no empty list.
    """
    del secret
    wanted = list(MANIFEST.vendor_events(events))
    known = _registered(client, url)
    if known and not known.get("disabled") and _listens(known, wanted):
        return _subscription(url, known["id"], known["settings"])
    if known:
        unsubscribe(client, _subscription(url, known["id"], wanted))
    if not wanted:
        return _subscription(url, "", wanted)
    try:
        row = _register(client, url, wanted)
    except Rejected as refused:
        fewer = [code for code in wanted if code != DISPUTED]
        if refused.status not in (400, 422) or fewer in ([], wanted):
            raise
        row, wanted = _register(client, url, fewer), fewer
    return _subscription(url, row["id"], wanted)


def unsubscribe(client: Kommo, subscription: Subscription) -> None:
    """Remove our address; one that is not registered is no error."""
    destination = subscription.details.get("destination", "")
    if not destination or _registered(client, destination) is None:
        return
    try:
        client.call("DELETE", PATH, json={"destination": destination}, safe=True)
    except Rejected as refused:
        if refused.status != 404:
            raise


def registered(client: Kommo, subscription: Subscription, url: str) -> str:
    """What has drifted: the address is gone, switched off, or listens to other events."""
    wanted = [code for code in subscription.details.get("settings", "").split(",") if code]
    row = _registered(client, url)
    if row is None:
        return "hook_missing" if wanted else ""
    if row.get("disabled"):
        return "hook_disabled"
    return "hook_changed" if set(wanted) - set(row.get("settings") or ()) else ""


def _register(client: Kommo, url: str, settings: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = client.post(PATH, {"destination": url, "settings": settings}, holds="id")
    return row


def _subscription(url: str, hook_id: object, settings: Sequence[str]) -> Subscription:
    details = {"destination": url, "settings": ",".join(settings)}
    return Subscription(id=str(hook_id), details=details)


def _listens(known: Mapping[str, Any], wanted: Sequence[str]) -> bool:
    return set(known.get("settings") or ()) | {DISPUTED} == {*wanted, DISPUTED}


def _registered(client: Kommo, url: str) -> dict[str, Any] | None:
    found = client.get(PATH, {"filter[destination]": url}, holds="_embedded")
    rows = listed(found, "webhooks")
    return next((row for row in rows if row.get("destination") == url), None)


def _event(key: str, action: str, row: Mapping[str, Any]) -> InboundEvent:
    singular, stream = _kind(key, row)
    code = f"{action}_{singular}"
    at = next((row[n] for n in ("updated_at", "last_modified", "created_at") if row.get(n)), "")
    return InboundEvent(
        id=_digest(code, row),
        name=WORDS.get(code, "unknown"),
        vendor_name=code,
        occurred_at=_moment(at),
        payload=dict(row),
        refetch=_again(stream, action, row),
    )


def _moment(seconds: object) -> datetime | None:
    try:
        return moments.from_unix(str(seconds))
    except ValueError:
        return None


def _kind(key: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """Companies come under the key of contacts and say so in `type`."""
    if key == "contacts" and row.get("type") == "company":
        return ENTITIES["companies"]
    return ENTITIES.get(key, (key, ""))


def _again(stream: str, action: str, row: Mapping[str, Any]) -> tuple[Refetch, ...]:
    row_id = str(row.get("id", ""))
    if not stream or number(row_id) is None:
        return ()
    return (Refetch(stream=stream, external_id=row_id, deleted=action == "delete"),)


def _digest(code: str, row: Mapping[str, Any]) -> str:
    """The vendor numbers no deliveries; a repeated one is the same to the last letter."""
    made = json.dumps([code, row], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(made.encode()).hexdigest()[:40]


def _rows(rows: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(rows, dict):
        return
    yield from (row for index, row in rows.items() if index.isdigit() and isinstance(row, dict))


def _tree(request: Request) -> dict[str, Any]:
    """The form as nested dictionaries; lists stay dictionaries keyed by their index."""
    try:
        pairs = request.form()
    except ValueError:
        raise BadSignature(detail="the body is no form") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _put(tree, re.findall(r"[^\[\]]+", name)[:MOST_PARTS], value)
    return tree


def _put(tree: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    if parts:
        tree[parts[-1]] = value
