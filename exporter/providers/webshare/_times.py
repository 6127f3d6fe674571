"""Times: instants in Unix seconds, and the text that stands for one."""

import math
from datetime import UTC, datetime

HOUR = 3600.0
DAY = 24 * HOUR


def floor_hour(at: float) -> float:
    """Return the last whole hour up to *at*."""
    return at // HOUR * HOUR


def ceil_hour(at: float) -> float:
    """Return the first whole hour from *at* on."""
    return math.ceil(at / HOUR) * HOUR


def text_of(at: float) -> str:
    """Return *at*, cut to whole seconds, in UTC: texts sort as the instants do."""
    moment = datetime.fromtimestamp(math.floor(at), UTC)
    return moment.isoformat().replace("+00:00", "Z")


def instant(text: str) -> float:
    """Return what *text_of* made a text of."""
    return datetime.fromisoformat(text).timestamp()
