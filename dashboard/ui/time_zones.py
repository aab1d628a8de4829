"""Time zones with the offset they have now."""

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dashboard import clock

_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian")


@cache
def names() -> list[str]:
    """IANA names of places, by offset and name; UTC first."""
    places = [n for n in available_timezones() if n.split("/")[0] in (*_AREAS, "Pacific", "Arctic")]
    return ["UTC", *sorted(places, key=lambda name: (_offset(name), name))]


def label(name: str) -> str:
    """The place and its present offset: Europe/Moscow · UTC+03:00."""
    minutes = int(_offset(name).total_seconds() // 60)
    sign = "−" if minutes < 0 else "+"
    return f"{name.replace('_', ' ')} · UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _offset(name: str) -> timedelta:
    return clock.now().astimezone(ZoneInfo(name)).utcoffset() or timedelta()
