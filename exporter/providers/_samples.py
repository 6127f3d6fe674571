"""Samples of what a provider said, and of nothing else."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from exporter.metrics import Family, Sample

K = TypeVar("K")


def told(family: Family, value: float | None, **labels: str) -> Iterator[Sample]:
    """Yield the sample, unless the provider did not say *value*."""
    if value is not None:
        yield family.sample(value, **labels)


def add_rows(rows: Iterable[tuple[K, float]]) -> dict[K, float]:
    """Return one value for each key: those of the same key are added."""
    sums: dict[K, float] = {}
    for key, value in rows:
        sums[key] = sums.get(key, 0) + value
    return sums


def add_up(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yield one sample for each label set: those that land on the same one are added."""
    sums = add_rows(((one.family, one.labels), one.value) for one in samples)
    for (family, labels), value in sums.items():
        yield Sample(family, labels, value)
