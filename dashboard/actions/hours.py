"""Working hours: a weekly plan in a time zone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

Week = Mapping[str, Sequence[Sequence[str]]]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


def is_open(week: Week, zone: ZoneInfo, moment: datetime) -> bool:
    """Whether the clock on the wall in `zone` stands inside the plan.

    Args:
        week: As contracts.forms.WEEK. A span whose end is not after its beginning runs into the
            next day; `24:00` is the end of a day. A day left out is closed.
    """
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    yesterday = local.date() - timedelta(days=1)
    today_open = any(start <= minute < end for start, end in _spans(week, local.date()))
    still_open = any(minute < end - DAY_MINUTES for _, end in _spans(week, yesterday))
    return today_open or still_open


def _spans(week: Week, day: date) -> Iterator[tuple[int, int]]:
    for begins, ends in week.get(DAYS[day.weekday()], ()):
        start, end = _minute(begins), _minute(ends)
        yield start, end if end > start else end + DAY_MINUTES


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
