"""Counters of the ledger: how they grow, and from when on they may be shown."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from exporter.reading import Series


class Counter(Struct, frozen=True, gc=False):
    """One counter: its value, and whether that may be shown yet.

    *shown_at* is when it was first shown, as 0, in Unix seconds by the provider's clock.
    """

    value: int = 0
    released: bool = False
    shown_at: float | None = None

    @property
    def shown(self) -> int:
        """What a scrape sees."""
        return self.value if self.released else 0


def grow(
    counters: Mapping[Series, Counter], growth: Iterable[tuple[Series, int]]
) -> Mapping[Series, Counter]:
    """Return *counters* after so much growth of each series; a new one begins at 0."""
    grown = dict(counters)
    for series, by in growth:
        old = grown.get(series)
        if old is None or by:
            old = old or Counter()
            grown[series] = replace(old, value=old.value + by)
    return grown


def release(
    counters: Mapping[Series, Counter], *, at: float, hold: float
) -> Mapping[Series, Counter]:
    """Return *counters* as a scrape may see them after a success *at* that time.

    A series is 0 when it is first shown, and has its value *hold* seconds later.
    """
    changed: dict[Series, Counter] = {}
    for series, counter in counters.items():
        if counter.released:
            continue
        if counter.shown_at is None:
            changed[series] = replace(counter, shown_at=at)
        elif at - counter.shown_at >= hold:
            changed[series] = replace(counter, released=True)
    return {**counters, **changed} if changed else counters
