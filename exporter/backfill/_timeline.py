"""Timeline: what one series grew by, piece by piece, and its value at any moment.

All times are whole milliseconds, Prometheus' own unit, and all amounts whole bytes or requests: the
arithmetic is exact, so that parts add up and no value ever falls.
"""

from array import array
from collections.abc import Iterable, Iterator


def moments(begin: int, end: int, step: int) -> Iterator[int]:
    """Yield *begin*, the multiples of *step* between, and *end*."""
    yield begin
    yield from range((begin // step + 1) * step, end, step)
    if begin < end:
        yield end


class Timeline:
    """The growth of one series up to *end*."""

    def __init__(self, end: int) -> None:
        self.end = end
        self._starts = array("q")
        self._stops = array("q")
        self._amounts = array("q")

    def add(self, start: int, stop: int, amount: int) -> None:
        """Let it grow by *amount* from *start* to *stop*, evenly; pieces may come in any order."""
        if amount:
            self._starts.append(start)
            self._stops.append(stop)
            self._amounts.append(amount)

    @property
    def begin(self) -> int | None:
        """When it begins to grow; None when it never does."""
        return min(self._starts, default=None)

    def values(self, at: Iterable[int]) -> Iterator[int]:
        """Yield the value at each of *at*, which ascend."""
        order = sorted(range(len(self._starts)), key=self._starts.__getitem__)
        done, following = 0, 0
        growing: list[int] = []
        for moment in at:
            while following < len(order) and self._starts[order[following]] < moment:
                growing.append(order[following])
                following += 1
            done += sum(self._amounts[one] for one in growing if self._stops[one] <= moment)
            growing = [one for one in growing if self._stops[one] > moment]
            yield done + sum(self._part(one, moment) for one in growing)

    def _part(self, piece: int, moment: int) -> int:
        start, stop = self._starts[piece], self._stops[piece]
        return part(self._amounts[piece], moment - start, stop - start)


def part(amount: int, elapsed: int, whole: int) -> int:
    """Return what *elapsed* of *whole* is of *amount*, rounded down."""
    return amount * elapsed // whole
