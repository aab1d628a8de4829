"""How the sandbox reads Kommo's query strings and writes Kommo's answers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from dashboard.kit.sandbox import Call, Refused, State

ENTITIES = ("leads", "contacts", "companies")
RANGES = ("created_at", "updated_at", "closed_at", "closest_task_at", "complete_till")
LISTED = ("id", "name", "responsible_user_id", "created_by", "updated_by", "pipeline_id")
FILTERS = {*RANGES, *LISTED, "statuses", "price"}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


def answer(body: Any, status: int = 200) -> httpx.Response:
    """A good answer, in the vendor's media type."""
    kind = {"content-type": "application/hal+json", "x-request-id": "sandbox-request"}
    return httpx.Response(status, json=body, headers=kind)


def nothing() -> httpx.Response:
    """An empty list, or a record that is not there: 204 without a body."""
    return httpx.Response(204, headers={"x-request-id": "sandbox-request"})


def problem(status: int, detail: str = "", **more: Any) -> httpx.Response:
    """A failure as the vendor words it."""
    body = {
        **more,
        "title": TITLES.get(status, "Error"),
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    kind = {"content-type": "application/problem+json", "x-request-id": "sandbox-request"}
    return httpx.Response(status, json=body, headers=kind)


def invalid(code: str, path: str, detail: str, request_id: str = "0") -> Refused:
    """A refusal that names the wrong member of the body."""
    errors = [{"code": code, "path": path, "detail": detail}]
    groups = [{"request_id": request_id, "errors": errors}]
    return Refused(problem(400, "Request validation failed", **{"validation-errors": groups}))


def refusal(status: int) -> httpx.Response:
    """The vendor's answer to too many calls, or during an outage: a page without JSON."""
    if status == 429:
        return problem(429, "Too many requests", retry_after=2)
    return httpx.Response(status, html="<html><body>Service Unavailable</body></html>")


def tree(call: Call) -> dict[str, Any]:
    """The query as nested dictionaries, `[]` numbered in order."""
    found: dict[str, Any] = {}
    for name, value in call.query:
        parts = [name.split("[", 1)[0], *re.findall(r"\[([^\[\]]*)\]", name)]
        inner = found
        for part in parts[:-1]:
            inner = inner.setdefault(part or str(len(inner)), {})
        inner[parts[-1] or str(len(inner))] = value
    return found


def asked(
    call: Call,
    *,
    filters: Sequence[str] = (),
    orders: Sequence[str] = (),
    more: Sequence[str] = (),
    most: int = 250,
) -> dict[str, Any]:
    """The query of a list, when every name in it is one the vendor knows.

    Raises:
        Refused: Another name, a page size over the vendor's, or an order it does not have.
    """
    query = tree(call)
    odd = query.keys() - {"page", "limit", *more, *(["filter"] if filters else [])}
    odd -= {"order"} if orders else set()
    odd |= set(_members(query.get("filter"))) - set(filters)
    odd |= set(_members(query.get("order"))) - set(orders)
    if odd:
        raise Refused(problem(400, f"Unknown parameters: {', '.join(sorted(odd))}"))
    if not 1 <= _number(query.get("limit", "50")) <= most:
        raise Refused(problem(400, f"limit must be from 1 to {most}"))
    return query


def page(call: Call, query: Mapping[str, Any], name: str, rows: list[Any]) -> httpx.Response:
    """One page of rows, 204 when it has none."""
    size, number = _number(query.get("limit", "50")), _number(query.get("page", "1"))
    shown = rows[(number - 1) * size : number * size]
    if not shown:
        return nothing()
    here = f"{call.base}/{call.host}{call.path}"
    links = {"self": {"href": f"{here}?page={number}&limit={size}"}}
    if len(rows) > number * size:
        links["next"] = {"href": f"{here}?page={number + 1}&limit={size}"}
    return answer({"_page": number, "_links": links, "_embedded": {name: shown}})


def ordered(rows: list[dict[str, Any]], query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows in the asked order; by id when none is asked."""
    for name, direction in _members(query.get("order")).items():
        rows = sorted(rows, key=lambda row: (row.get(name) or 0, row["id"]))
        return rows[::-1] if direction == "desc" else rows
    return sorted(rows, key=lambda row: row["id"])


def kept(row: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether a row passes the filters; bounds of time are inclusive."""
    return all(_passes(row, name, wanted) for name, wanted in filters.items())


def matches(row: Mapping[str, Any], text: str) -> bool:
    """Full-text search: over the name and the filled fields, phones by their digits."""
    values = [str(row.get("name") or "")]
    for field in row.get("custom_fields_values") or ():
        values += [str(value.get("value", "")) for value in field["values"]]
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 5 and re.fullmatch(r"[\d\s()+.-]+", text):
        return any(digits in re.sub(r"\D", "", value) for value in values)
    return any(text.casefold() in value.casefold() for value in values)


def linked(call: Call, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is shown, with a link to itself."""
    href = f"{call.base}/{call.host}/api/v4/{kind}/{row['id']}"
    return {**row, "_links": {"self": {"href": href}}}


def found(state: State, kind: str, row_id: str) -> dict[str, Any]:
    """A living row.

    Raises:
        Refused: There is none: 404 for an odd kind, 204 for an unknown id.
    """
    if kind not in state["rows"]:
        raise Refused(problem(404, "Not found"))
    rows: list[dict[str, Any]] = state["rows"][kind]
    for row in rows:
        if str(row["id"]) == row_id and not row["is_deleted"]:
            return row
    raise Refused(nothing())


def _passes(row: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name in RANGES or name == "price":
        bounds = wanted if isinstance(wanted, dict) else {"from": wanted}
        value = row.get(name) or 0
        return int(bounds.get("from", 0)) <= value <= int(bounds.get("to", 10**12))
    if name == "statuses":
        pairs = [(s.get("pipeline_id"), s.get("status_id")) for s in wanted.values()]
        return (str(row.get("pipeline_id")), str(row.get("status_id"))) in pairs
    values = wanted.values() if isinstance(wanted, dict) else str(wanted).split(",")
    return str(row.get(name)) in values


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
