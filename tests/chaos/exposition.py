"""Exposition: one scrape in the text format, as numbers by series."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape showed *at* a time, after so many *seconds*.

    *values* are by series as it stands in the text; *counters* are the names of counters.
    """

    at: float
    seconds: float
    values: Mapping[str, float] = field(default_factory=dict)
    counters: frozenset[str] = frozenset()

    def value(self, series: str) -> float:
        """Return the value of *series*, which is there."""
        return self.values[series]

    def of(self, name: str) -> Mapping[str, float]:
        """Return the series of a family, by series."""
        return {one: value for one, value in self.values.items() if name_of(one) == name}


def parse(text: str, *, at: float, seconds: float) -> Scrape:
    """Return what *text* says."""
    lines = text.splitlines()
    counters = (line.split() for line in lines if line.startswith("# TYPE "))
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return Scrape(
        at,
        seconds,
        {series: float(value) for series, _, value in samples},
        frozenset(name for _, _, name, kind in counters if kind == "counter"),
    )


def name_of(series: str) -> str:
    """Return the name of the family."""
    return series.partition("{")[0]


def labels_of(series: str) -> Mapping[str, str]:
    """Return the labels; ours need no unescaping."""
    return dict(_LABEL.findall(series))
