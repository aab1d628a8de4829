"""Time, as vendors write it. Everything inside the house is aware UTC."""

from datetime import UTC, datetime

from dashboard import clock

__all__ = ["from_iso", "from_unix", "now", "to_iso", "to_unix"]

now = clock.now


def from_unix(seconds: float | str) -> datetime:
    """Unix seconds, as a number or digits, to aware UTC.

    Raises:
        ValueError: It is no number, or lies outside the years 1 to 9999.
    """
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, OSError):
        raise ValueError("outside the calendar") from None


def from_iso(text: str) -> datetime:
    """ISO 8601 with any offset to UTC; without an offset it is taken as UTC.

    Raises:
        ValueError: The text is not ISO 8601.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def to_unix(moment: datetime) -> int:
    """Whole Unix seconds."""
    return int(moment.timestamp())


def to_iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
