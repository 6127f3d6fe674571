"""Samples of many series, whose names and labels are kept apart from their values.

Polls bring new values of the same series over and over: what stays is held once.
"""

from collections.abc import Iterable, Iterator
from typing import Self

from msgspec import Struct

from exporter.metrics._family import Family, Sample


class Shape(Struct, frozen=True, eq=False, gc=False):
    """Series, in the order in which their samples came."""

    families: tuple[Family, ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()
    """Without those that the account sets."""


_NO_SERIES = Shape()


class Samples(Struct, frozen=True, eq=False, gc=False):
    """One value of each series of *shape*."""

    shape: Shape = _NO_SERIES
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, samples: Iterable[Sample], like: Shape = _NO_SERIES) -> Self:
        """Keep *samples*; where their series are those of *like*, in that shape."""
        samples = tuple(samples)
        families = tuple([sample.family for sample in samples])
        labels = tuple([sample.labels for sample in samples])
        values = tuple([sample.value for sample in samples])
        if families == like.families and labels == like.labels:
            return cls(like, values)
        return cls(Shape(families, labels), values)

    def __iter__(self) -> Iterator[Sample]:
        """Yield them one by one."""
        return map(Sample, self.shape.families, self.shape.labels, self.values)

    def __len__(self) -> int:
        """Count them."""
        return len(self.values)
