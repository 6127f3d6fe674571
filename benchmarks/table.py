"""Table: Markdown, and the few statistics in it."""

import math
from collections.abc import Iterable, Sequence
from statistics import median


def markdown(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table under its title; the first column holds words, the others figures."""
    rule = ("---", *("--:" for _ in head[1:]))
    lines = (f"| {' | '.join(row)} |" for row in (head, rule, *rows))
    return "\n".join((f"**{title}**", "", *lines, ""))


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that *share* of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def figure(value: float) -> str:
    """Return *value* with two or three significant digits."""
    if not value:
        return "0"
    digits = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def ratio(values: Sequence[float], to: Sequence[float]) -> str:
    """Return the ratio of two medians."""
    return figure(median(values) / median(to))
