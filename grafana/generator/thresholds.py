"""Thresholds: the numbers at which alerts fire, as steps of colour."""

from typing import TypeAlias

from grafana.generator import colours

QUOTA_HIGH = 0.80
QUOTA_CRITICAL = 0.95
PROJECTED_FULL = 1.0
SUCCESS_LOW = 0.80
EXPIRING_SECONDS = 7 * 86400.0
RUNWAY_SECONDS = 86400.0
STALE_SECONDS = 2 * 3600.0

Steps: TypeAlias = tuple[tuple[float | None, str], ...]
"""From which value on which colour; the first begins at nothing."""

ALWAYS: Steps = ((None, colours.NEUTRAL),)
QUOTA_USED: Steps = (
    (None, colours.GOOD),
    (QUOTA_HIGH, colours.WARNING),
    (QUOTA_CRITICAL, colours.BAD),
)
QUOTA_LEFT: Steps = (
    (None, colours.BAD),
    (round(1 - QUOTA_CRITICAL, 6), colours.WARNING),
    (round(1 - QUOTA_HIGH, 6), colours.GOOD),
)
PROJECTED: Steps = ((None, colours.GOOD), (PROJECTED_FULL, colours.BAD))
SUCCESS: Steps = ((None, colours.BAD), (SUCCESS_LOW, colours.GOOD))
TIME_LEFT: Steps = ((None, colours.BAD), (EXPIRING_SECONDS, colours.GOOD))
RUNWAY: Steps = ((None, colours.BAD), (RUNWAY_SECONDS, colours.GOOD))
AGE: Steps = ((None, colours.GOOD), (STALE_SECONDS, colours.BAD))
NONE_IS_GOOD: Steps = ((None, colours.GOOD), (1, colours.BAD))
ONE_IS_GOOD: Steps = ((None, colours.BAD), (1, colours.GOOD))
