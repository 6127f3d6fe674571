"""Durations, as Prometheus writes them: ``30s``, ``5m``, ``1h30m``, ``250ms``.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/ (read 2026-11-20)
"""

import re

_UNITS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
"""Milliseconds, largest unit first: the order in which they have to stand."""

_DURATION = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in _UNITS))

_LONGEST = 2**63 // 10**6
"""Milliseconds in Prometheus' longest duration, 2^63 nanoseconds."""

_MOST_CHARACTERS = 64
"""More than any duration needs; Python refuses to read numbers of thousands of digits."""

_INEXACT = ("y", "w")
"""Units in which only whole multiples are written, as Prometheus does: nobody counts 1w3h."""


class Duration(float):
    """Seconds, written as a duration."""

    __slots__ = ()


def parse_duration(value: object) -> Duration:
    """Return *value*, as YAML has it, as a duration.

    Raises: ValueError, with a message for the user.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if value == 0:
            return Duration(0)
        raise ValueError("a duration needs a unit, such as 30s, 5m or 1h30m")
    if not isinstance(value, str):
        raise ValueError("expected a duration, such as 30s, 5m or 1h30m")  # noqa: TRY004 - as above
    return Duration(_milliseconds(value) / 1000)


def _milliseconds(text: str) -> int:
    if text == "0":
        return 0
    found = _DURATION.fullmatch(text) if 0 < len(text) <= _MOST_CHARACTERS else None
    if found is None:
        raise ValueError(
            "not a duration: write it like 30s, 5m or 1h30m, the larger unit first"
            f" ({' '.join(_UNITS)})"
        )
    counts = zip(found.groups("0"), _UNITS.values(), strict=True)
    total = sum(int(count) * size for count, size in counts)
    if total > _LONGEST:
        raise ValueError("is too long a duration")
    return total


def format_duration(seconds: float) -> str:
    """Return *seconds* as a duration, to the millisecond."""
    left = round(seconds * 1000)
    written = ""
    for unit, size in _UNITS.items():
        count, rest = divmod(left, size)
        if count and not (unit in _INEXACT and rest):
            written += f"{count}{unit}"
            left = rest
    return written or "0s"
