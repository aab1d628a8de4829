"""Free time between meetings, inside working days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

GRID = timedelta(minutes=15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class WorkingDay:
    """When meetings may be held, in local hours; `to_hour` 24 is midnight."""

    zone: ZoneInfo
    from_hour: int
    to_hour: int
    weekends: bool = False


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same time in order, spans that overlap or touch made one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def free_slots(
    busy: Sequence[Span], window: Span, day: WorkingDay, length: timedelta
) -> Iterator[Span]:
    """Spans of `length` that fit between meetings, earliest first, on a quarter-hour grid.

    Args:
        busy: Aware spans in any order; may overlap.
        window: Aware; nothing outside it is offered.
    Returns:
        Aware spans in the day's zone that do not overlap one another.
    """
    taken = merged([(start.astimezone(UTC), end.astimezone(UTC)) for start, end in busy])
    for start, end in _gaps(taken, window, day):
        at = _on_grid(start)
        while at + length <= end:
            yield at.astimezone(day.zone), (at + length).astimezone(day.zone)
            at = _on_grid(at + length)


def _gaps(taken: Sequence[Span], window: Span, day: WorkingDay) -> Iterator[Span]:
    for opens, closes in _working_hours(window, day):
        at = opens
        for start, end in taken:
            if end <= at or start >= closes:
                continue
            if start > at:
                yield at, start
            at = max(at, end)
        if at < closes:
            yield at, closes


def _working_hours(window: Span, day: WorkingDay) -> Iterator[Span]:
    """Each working day's hours in UTC, cut to the window; the clocks may change inside."""
    first, last = (moment.astimezone(UTC) for moment in window)
    date = first.astimezone(day.zone).date()
    while date <= last.astimezone(day.zone).date():
        midnight = datetime.combine(date, time(), tzinfo=day.zone)
        opens = _at_hour(midnight, day.from_hour)
        closes = _at_hour(midnight, day.to_hour)
        if day.weekends or date.weekday() < 5:
            yield max(opens, first), min(closes, last)
        date += timedelta(days=1)


def _at_hour(midnight: datetime, hour: int) -> datetime:
    # Arithmetic inside one zone moves the hands of the clock, which is what is meant here.
    return (midnight + timedelta(hours=hour)).astimezone(UTC)


def _on_grid(moment: datetime) -> datetime:
    return moment + (EPOCH - moment) % GRID
