"""Samples of what a provider said, and of nothing else."""

from collections.abc import Iterable, Iterator

from exporter.metrics import Family, Sample
from exporter.reading import Series


def told(family: Family, value: float | None, **labels: str) -> Iterator[Sample]:
    """Yield the sample, unless the provider did not say *value*."""
    if value is not None:
        yield family.sample(value, **labels)


def add_up(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yield one sample for each label set: those that land on the same one are added."""
    sums: dict[Series, float] = {}
    for one in samples:
        series = (one.family, one.labels)
        sums[series] = sums.get(series, 0) + one.value
    for (family, labels), value in sums.items():
        yield Sample(family, labels, value)
