"""Google's two ways of writing a time, and people's two ways of saying one."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.contracts.errors import Rejected


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that IANA name.

    Raises:
        Rejected: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Rejected("unknown_time_zone", field="time_zone") from None


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in `zone`; without an offset it is meant as local there."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def later(moment: datetime, span: timedelta) -> datetime:
    """So much real time later, in the same zone, even across a change of the clocks."""
    return (moment.astimezone(UTC) + span).astimezone(moment.tzinfo)


def read(row: Mapping[str, Any], zone_name: str) -> datetime:
    """The moment in an EventDateTime, in UTC; a whole day begins at midnight in its zone.

    Raises:
        KeyError, ValueError: It is not as documented.
    """
    if "dateTime" in row:
        moment = datetime.fromisoformat(row["dateTime"])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(row.get("timeZone") or zone_name))
        return moment.astimezone(UTC)
    midnight = datetime.combine(date.fromisoformat(row["date"]), time())
    return midnight.replace(tzinfo=ZoneInfo(row.get("timeZone") or zone_name)).astimezone(UTC)


def written(moment: datetime, zone_name: str) -> dict[str, str]:
    """An EventDateTime; the zone too, since Google expands series in it."""
    return {"dateTime": moment.isoformat(timespec="seconds"), "timeZone": zone_name}
