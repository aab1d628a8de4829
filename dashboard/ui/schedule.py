"""Weekly working hours as a table people can edit, and back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.ui.edits import Row

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_SPAN = re.compile(r"\s*(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})\s*")

Week = Mapping[str, Sequence[Sequence[str]]]


def to_rows(week: Week) -> list[Row]:
    """One row a day: the day's word, and its spans as "09:00-13:00, 14:00-18:00"."""
    return [
        {"day": day, "hours": ", ".join(f"{a}–{b}" for a, b in week.get(day, ()))} for day in DAYS
    ]


def to_week(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[list[str]]]:
    """The week the rows describe.

    Raises:
        ValueError: A day's text is no list of spans; the message is that day's word.
    """
    return {str(row["day"]): _spans(str(row["day"]), str(row["hours"] or "")) for row in rows}


def _spans(day: str, text: str) -> list[list[str]]:
    spans = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;]", text))):
        match = _SPAN.fullmatch(part)
        if match is None or not all(_TIME.fullmatch(time) for time in match.groups()):
            raise ValueError(day)
        begin, end = (time.zfill(5) for time in match.groups())
        if end <= begin:
            raise ValueError(day)
        spans.append([begin, end])
    return sorted(spans)
