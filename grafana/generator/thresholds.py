"""Thresholds: the numbers at which alerts fire, as steps of colour."""

from pathlib import Path
from typing import TypeAlias

import yaml

from grafana.generator import colours

FILE = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules" / "thresholds.yml"
"""Where the numbers stand, with their reasons: the alerts take them from there, too."""


def _read() -> dict[str, float]:
    groups = yaml.safe_load(FILE.read_text("utf-8"))["groups"]
    return {rule["record"]: float(rule["expr"]) for group in groups for rule in group["rules"]}


_NUMBERS = _read()


def _number(name: str) -> float:
    return _NUMBERS[f"proxy_provider:{name}:threshold"]


QUOTA_HIGH = _number("quota_high_ratio")
QUOTA_CRITICAL = _number("quota_critical_ratio")
PROJECTED_FULL = _number("quota_forecast_ratio")
SUCCESS_LOW = _number("success_low_ratio")
EXPIRING_SECONDS = _number("plan_expiry_seconds")
CREDENTIAL_SECONDS = _number("credential_expiry_seconds")
RUNWAY_SECONDS = _number("runway_seconds")
STALE_SECONDS = _number("data_age_seconds")

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
CREDENTIAL_LEFT: Steps = ((None, colours.BAD), (CREDENTIAL_SECONDS, colours.GOOD))
RUNWAY: Steps = ((None, colours.BAD), (RUNWAY_SECONDS, colours.GOOD))
AGE: Steps = ((None, colours.GOOD), (STALE_SECONDS, colours.BAD))
NONE_IS_GOOD: Steps = ((None, colours.GOOD), (1, colours.BAD))
ONE_IS_GOOD: Steps = ((None, colours.BAD), (1, colours.GOOD))
