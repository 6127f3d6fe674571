"""The metric catalogue: every family that the exporter can expose, by what it tells.

A constant is named as its family is, without the prefix and in capitals.
"""

from types import ModuleType

from exporter.metrics import health, period, plans, proof, realtime, usage
from exporter.metrics._family import ACCOUNT_LABELS, PREFIX, Family, Sample
from exporter.metrics._samples import Samples, Shape

SECTIONS: tuple[ModuleType, ...] = (usage, proof, period, realtime, plans, health)
"""The modules that define families, in the order in which the README lists them."""


def catalogue() -> tuple[Family, ...]:
    """Return every family, section by section, in the order of definition."""
    found = (value for section in SECTIONS for value in vars(section).values())
    return tuple(value for value in found if isinstance(value, Family))


__all__ = [
    "ACCOUNT_LABELS",
    "PREFIX",
    "SECTIONS",
    "Family",
    "Sample",
    "Samples",
    "Shape",
    "catalogue",
]
