"""Refuses what no database, no service and no JSON reader takes, before anybody looks at it."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator

from dashboard.kit.storable import DEEPEST, is_text

LARGEST_NUMBER = 2**63
LARGE_BODY = 64 * 1024
LONGEST_NAME = 100
Place = tuple[str | int, ...]


async def readable(request: Request) -> None:
    """Look through the path, the query and the JSON body.

    Raises:
        RequestValidationError: A text holds NUL or half a character, a number is not finite or
            has more than 64 bits, or the nesting is too deep.
    """
    _check(("path",), request.path_params)
    _check(("query",), [value for _, value in request.query_params.multi_items()])
    if raw := await request.body():
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return  # no JSON: who wants JSON refuses it
        if len(raw) < LARGE_BODY:
            _check(("body",), body)
        else:
            await run_in_threadpool(_check, ("body",), body)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone as it is.

    Raises:
        ValueError: In UTC it lies outside the years 1 to 9999.
    """
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:
        raise ValueError("outside the calendar") from None


IN_UTC = AfterValidator(in_utc)


def _check(place: Place, value: Any) -> None:
    waiting = [(place, value)]
    while waiting:
        place, value = waiting.pop()
        if kind := _fault(value):
            raise _refused(place, kind)
        if len(place) > DEEPEST:
            raise _refused(place, "depth")
        waiting.extend(((*place, name), inner) for name, inner in _inside(value))


def _fault(value: Any) -> str:
    if isinstance(value, str):
        return "" if is_text(value) else "text"
    if isinstance(value, Mapping):
        return "" if all(map(is_text, value)) else "text"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "number"
    if isinstance(value, int):
        return "" if abs(value) < LARGEST_NUMBER else "number"
    return ""


def _inside(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _refused(place: Place, kind: str) -> RequestValidationError:
    shown = tuple(str(part)[:LONGEST_NAME] for part in place[:5])
    return RequestValidationError([{"loc": shown, "type": kind, "msg": kind, "input": None}])
