"""The other side of Pulse: a small stateful server as an httpx transport."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

UPDATED = 1_790_000_000
Row = dict[str, Any]


def deal(number: int, **changes: Any) -> Row:
    base = {"id": number, "title": f"Сделка {number}", "amount": 100.5, "stage": "Новая"}
    return {**base, "updated_at": UPDATED + number, "tags": ["vip"], **changes}


def contact(number: int, **changes: Any) -> Row:
    base = {"id": number, "name": f"Анна {number}", "email": f"person{number}@example.com"}
    return {**base, "updated_at": UPDATED, **changes}


@dataclass
class Pulse(httpx.BaseTransport):
    """Answers Pulse's paths. `instead` may answer, or raise, before the vendor does."""

    deals: dict[int, Row] = field(default_factory=dict)
    contacts: dict[int, Row] = field(default_factory=dict)
    page: int = 2
    feed: int = 0
    gone: list[str] = field(default_factory=list)
    by_key: dict[str, int] = field(default_factory=dict)
    notes: int = 0
    calls: list[str] = field(default_factory=list)
    instead: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
    lose_next_answer: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        answer = self.instead(request)
        if answer is not None:
            return answer
        made = self._answer(request)
        if self.lose_next_answer and request.method == "POST":
            self.lose_next_answer = False
            raise httpx.ReadTimeout("lost", request=request)
        return made

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, request.url.params
        if request.method == "POST":
            return self._write(path, json.loads(request.content))
        if path == "/deals":
            return self._deals(query)
        if path == "/contacts":
            return self._feed(query)
        if path == "/contacts/by-key":
            made = self.by_key.get(query["key"])
            return _json({"items": [{"id": made}] if made else []})
        if path == "/contacts/search":
            return _json({"items": list(self.contacts.values())})
        _, stream, number = path.split("/")
        row = getattr(self, stream).get(int(number))
        return _json(row) if row else httpx.Response(404)

    def _deals(self, query: httpx.QueryParams) -> httpx.Response:
        since, start = float(query.get("since", 0)), int(query.get("token", 0))
        rows = sorted(
            (row for row in self.deals.values() if row["updated_at"] >= since),
            key=lambda row: row["id"],
        )
        more = start + self.page < len(rows)
        body = {"items": rows[start : start + self.page], "next": start + self.page if more else 0}
        return _json(body)

    def _feed(self, query: httpx.QueryParams) -> httpx.Response:
        start = int(query.get("place") or 0)
        rows = list(self.contacts.values())[start : start + self.page]
        deleted, self.gone = self.gone, []
        more = start + self.page < len(self.contacts)
        place = str(start + len(rows))
        return _json({"items": rows, "deleted": deleted, "more": more, "place": place})

    def _write(self, path: str, body: Row) -> httpx.Response:
        key = body.pop("key")
        if path == "/notes":
            self.notes += 1
            return _json({"id": self.notes})
        if path == "/contacts":
            made = max(self.contacts, default=0) + 1
            self.contacts[made] = contact(made, name=body["name"], fields=body)
        elif path == "/deals" and key in self.by_key:
            made = self.by_key[key]
        elif path == "/deals":
            made = max(self.deals, default=0) + 1
            self.deals[made] = deal(made, title=body["title"], fields=body)
        else:
            made = int(path.rsplit("/", 1)[1])
            self.deals[made] |= {"title": body["title"], "updated_at": UPDATED + 999}
        self.by_key[key] = made
        return _json({"id": made})


def _json(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)
