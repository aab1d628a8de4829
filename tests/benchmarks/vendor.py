"""A vendor for measuring: pages of contacts, answered without a network."""

import json
from collections.abc import Sequence
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


class Pages:
    """The bodies of all pages, each made when it is asked for."""

    def __init__(self, records: int, size: int = PAGE_SIZE) -> None:
        self._records, self._size = records, size

    def __len__(self) -> int:
        return (self._records + self._size - 1) // self._size

    def __getitem__(self, place: int) -> bytes:
        if place >= len(self):
            raise IndexError(place)
        start = place * self._size
        rows = [row(n) for n in range(start, min(start + self._size, self._records))]
        body = {"items": rows, "next": str(place + 1) if place + 1 < len(self) else None}
        return json.dumps(body, ensure_ascii=False).encode()


def rendered(records: int) -> list[bytes]:
    """The bodies of all pages, made at once."""
    return list(Pages(records))


class Vendor(httpx.BaseTransport):
    """Answers `?token=<page>` with a page of contacts."""

    def __init__(self, bodies: Sequence[bytes] | Pages) -> None:
        self._bodies = bodies

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One page, as bytes."""
        query = parse_qs(request.url.query.decode())
        place = int(query.get("token", ["0"])[0])
        headers = {"content-type": "application/json"}
        return httpx.Response(200, content=self._bodies[place], headers=headers)
