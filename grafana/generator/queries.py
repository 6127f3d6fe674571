"""Queries: PromQL made from the catalogue, so that no name and no label is misspelt.

Every selector matches the variables of the dashboard. Every family is brought down to the labels
that it has by ``max by``, so that two exporters that poll the same account are not counted twice.
"""

from collections.abc import Mapping

from exporter.metrics import Family

POLL_INTERVAL = "5m"
"""The least step of gauges: usage is polled so often."""

BAR = "1h"
"""The least step of bars over counters: a dozen polls, so that each bar holds whole ones."""

LONG_BAR = "6h"
"""The same where a week is shown: few enough bars to tell apart."""

OVER_RANGE = "$__range"
OVER_STEP = "$__interval"
PLAN = ("provider", "account", "product", "plan")

_VARIABLES = ("provider", "account", "product", "country")


def selector(labels: tuple[str, ...], **matched: str) -> str:
    """Return the matchers of *labels* that are variables, and those *matched* with a regex."""
    names = ("job", "instance", *(name for name in _VARIABLES if name in labels))
    matchers = {name: f"${name}" for name in names} | matched
    return "{" + ", ".join(f'{name}=~"{value}"' for name, value in matchers.items()) + "}"


def series(family: Family, **matched: str) -> str:
    """Return the selector of *family*."""
    return family.name + selector(family.all_labels, **matched)


def value(family: Family, **matched: str) -> str:
    """Return what a gauge is now, by all its labels."""
    return _each(family, series(family, **matched))


def growth(family: Family, span: str, **matched: str) -> str:
    """Return by how much a counter rose over *span*, by all its labels."""
    return _each(family, f"increase({series(family, **matched)}[{span}])")


def code(family: Family, label: str, codes: Mapping[str, int]) -> str:
    """Return, of a family with one series for each state, the code of the one that is 1."""
    others = tuple(name for name in family.all_labels if name != label)
    known = [f"{code} * ({value(family, **{label: state})} == 1)" for state, code in codes.items()]
    return f"max {_by(others)}({' or '.join(known)})"


def total(expression: str, *by: str) -> str:
    """Return the sum of *expression*, by *by*."""
    return f"sum {_by(by)}({expression})"


def _each(family: Family, expression: str) -> str:
    return f"max {_by(family.all_labels)}({expression})"


def _by(labels: tuple[str, ...]) -> str:
    return f"by ({', '.join(labels)}) " if labels else ""


def of_target(name: str) -> str:
    """Return the selector of what every target has: Prometheus' own and the process's families."""
    return name + selector(())
