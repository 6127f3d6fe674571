"""Times as the providers read and write them; within the simulator they are unix seconds."""

from datetime import UTC, datetime, timedelta, timezone

from exporter.simulator.traffic import DAY


def offset_timestamp(moment: float, offset_hours: int) -> str:
    """Write Webshare's form: microseconds and a numeric offset."""
    zone = timezone(timedelta(hours=offset_hours))
    return datetime.fromtimestamp(moment, zone).isoformat(timespec="microseconds")


def utc_timestamp(moment: float) -> str:
    """Write whole seconds with ``Z``."""
    return f"{datetime.fromtimestamp(int(moment), UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_time(text: str) -> float:
    """Read ISO 8601; what carries no offset is UTC.

    Raises: ValueError.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def is_date(text: str) -> bool:
    """Tell whether it names a whole day."""
    return len(text) == len("2024-01-01")


def floor_day(moment: float) -> int:
    """Give the start of the day, in UTC."""
    return int(moment // DAY) * DAY


def floor_week(moment: float) -> int:
    """Give the start of the week, a Monday."""
    day = floor_day(moment)
    return day - datetime.fromtimestamp(day, UTC).weekday() * DAY


def floor_month(moment: float) -> int:
    """Give the start of the month."""
    day = floor_day(moment)
    return day - (datetime.fromtimestamp(day, UTC).day - 1) * DAY


def next_month(moment: float) -> int:
    """Give the start of the month after."""
    return floor_month(floor_month(moment) + 31 * DAY)
