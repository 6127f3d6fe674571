"""The rules and the cases that try them, read for tests to judge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus" / "prometheus.yml"
RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))
RUNBOOKS = DEPLOY / "runbooks.md"


def read(path: Path) -> dict[str, Any]:
    """Return what a file holds."""
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def rules(path: Path) -> Iterator[dict[str, Any]]:
    """Return the rules of all groups of a file."""
    for group in read(path)["groups"]:
        yield from group["rules"]


EVERY_RULE = [rule for path in RULES for rule in rules(path)]
ALERTS = {rule["alert"]: rule for rule in EVERY_RULE if "alert" in rule}
RECORDED = {rule["record"]: rule["expr"] for rule in EVERY_RULE if "record" in rule}


@dataclass(frozen=True)
class Check:
    """What one case expects of one alert at one moment: the labels of those that fire."""

    alert: str
    firing: tuple[dict[str, str], ...]


def _checks() -> Iterator[Check]:
    for path in CASES:
        for case in read(path)["tests"]:
            for one in case["alert_rule_test"]:
                firing = tuple(alert["exp_labels"] for alert in one["exp_alerts"])
                yield Check(one["alertname"], firing)


CHECKS = tuple(_checks())


def labels_of(alert: str) -> list[set[str]]:
    """Return the labels that *alert* has in the cases, of the rule and of the series."""
    return [
        set(labels) | {"alertname"} for one in CHECKS if one.alert == alert for labels in one.firing
    ]
