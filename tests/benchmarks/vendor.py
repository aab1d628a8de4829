"""A vendor for measuring: pages of contacts, rendered once, answered from memory."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import httpx

PAGE_SIZE = 250


def row(number: int) -> dict[str, object]:
    """One contact as a CRM would send it, about 600 bytes of JSON."""
    return {
        "id": number,
        "name": f"Контакт {number}",
        "first_name": "Анна",
        "last_name": f"Примерова {number}",
        "email": f"person{number}@example.com",
        "phone": f"+7921{number:07}",
        "responsible_user_id": number % 20,
        "created_at": 1_760_000_000 + number,
        "updated_at": 1_760_000_000 + number,
        "custom_fields_values": [
            {"field_id": field, "values": [{"value": f"значение {number % 97}"}]}
            for field in range(100, 105)
        ],
        "_links": {"self": {"href": f"https://bench.example/contacts/{number}"}},
    }


def rendered(records: int) -> list[bytes]:
    """The bodies of all pages."""
    return list(_bodies(records))


def _bodies(records: int) -> Iterator[bytes]:
    for start in range(0, records, PAGE_SIZE):
        rows = [row(n) for n in range(start, min(start + PAGE_SIZE, records))]
        more = start + PAGE_SIZE < records
        body = {"items": rows, "next": str(start // PAGE_SIZE + 1) if more else None}
        yield json.dumps(body, ensure_ascii=False).encode()


class Vendor(httpx.BaseTransport):
    """Answers `?token=<page>` with a rendered page; repeats one body for endless streams."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One page, as bytes that were made before the clock started."""
        query = parse_qs(request.url.query.decode())
        place = int(query.get("token", ["0"])[0])
        headers = {"content-type": "application/json"}
        return httpx.Response(200, content=self._bodies[place], headers=headers)
