"""How the parts of a request are written: query, form, and ids inside a path."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from dashboard.contracts.errors import Rejected

Params = Mapping[str, Any] | Sequence[tuple[str, Any]]


def segment(text: str) -> str:
    """An id as one segment of a path, whatever is in it: `a/b?c` cannot lead elsewhere.

    Raises:
        Rejected: `not_found`: it is empty or climbs, so the vendor has nothing of that id.
    """
    if text in ("", ".", ".."):
        raise Rejected(code="not_found", detail="an id that is no path segment", status=404)
    return quote(text, safe="", errors="replace")


def pairs(params: Params | None) -> list[tuple[str, Any]]:
    """Flatten to pairs: None left out, lists repeated, booleans in lower case."""
    items = params.items() if isinstance(params, Mapping) else params or ()
    flat = [(name, one) for name, value in items for one in _each(value)]
    return [(name, json.dumps(v) if isinstance(v, bool) else v) for name, v in flat]


def form(params: Params) -> bytes:
    """A url-encoded body."""
    return str(httpx.QueryParams(pairs(params))).encode()


def _each(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)
