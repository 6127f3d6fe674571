"""Growth: an account's buckets, cut where its live counters begin.

A scope's history ends at the scope's birth, with what the ledger holds as its baseline: what a
window had then, not what it has by now. A scope that counts in full has none.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.backfill._timeline import Timeline, moments, part
from exporter.ledger import Ledger, Scope
from exporter.ledger_samples import SUMS
from exporter.metrics import Family
from exporter.providers import HistoryBucket, TimeRange
from exporter.reading import Series
from exporter.window import Key, add_up


def milliseconds(seconds: float) -> int:
    """Return the last whole millisecond up to *seconds*."""
    return math.floor(seconds * 1000)


@dataclass(frozen=True, slots=True)
class Curve:
    """One series to write, from *begin* to *end*: the sum of *parts*."""

    family: Family
    labels: tuple[str, ...]
    begin: int
    end: int
    parts: tuple[Timeline, ...]

    def samples(self, step: int) -> Iterator[tuple[int, int]]:
        """Yield moments in milliseconds, *step* apart, and the values then."""
        columns = [one.values(moments(self.begin, self.end, step)) for one in self.parts]
        sums = map(sum, zip(*columns, strict=True))
        return zip(moments(self.begin, self.end, step), sums, strict=True)


class Growth:
    """What each series of an account grew by within *wanted*, as far as *ledger* does not count."""

    def __init__(self, ledger: Ledger, wanted: TimeRange) -> None:
        self._ledger = ledger
        self._since = milliseconds(wanted.start)
        self._until = milliseconds(wanted.end)
        self._timelines: dict[Series, Timeline] = {}

    def add(self, bucket: HistoryBucket) -> None:
        """Take in one bucket."""
        scope = self._ledger.scopes.get(bucket.scope)
        if scope is not None and scope.born is None:
            return
        end = self._end(scope.born if scope else self._ledger.born)
        totals, series = add_up(bucket.readings)
        held = _baseline(bucket, scope)
        start, stop = milliseconds(bucket.start), milliseconds(bucket.end)
        if held is not None and scope is not None and scope.born is not None:
            # All that it held was there at the birth; where its begin is not known to the hour,
            # that may seem to lie behind.
            stop = min(stop, milliseconds(scope.born))
            start = min(start, stop - 1)
            totals = {key: held.get(key, 0) for key in totals}
        for key, amount in totals.items():
            self._grow(series[key], start=start, stop=stop, amount=amount, end=end)

    def _end(self, born: float | None) -> int:
        return self._until if born is None else min(self._until, milliseconds(born))

    def _grow(self, series: Series, *, start: int, stop: int, amount: int, end: int) -> None:
        """Add what lies between the begin and *end*."""
        timeline = self._timelines.get(series)
        if timeline is None:
            timeline = self._timelines[series] = Timeline(end)
        first, last = max(start, self._since), min(stop, end)
        if first >= last:
            return
        whole = stop - start
        cut = part(amount, last - start, whole) - part(amount, first - start, whole)
        timeline.add(first, last, cut)

    def curves(self) -> Iterator[Curve]:
        """Yield every series that grew, and the account's sums."""
        for (family, labels), timeline in self._timelines.items():
            if timeline.begin is not None:
                yield Curve(family, labels, timeline.begin, timeline.end, (timeline,))
        end = self._end(self._ledger.born)
        for family, parts in self._parts().items():
            begin = min((one.begin for one in parts if one.begin is not None), default=end)
            if begin < end:
                yield Curve(family, (), begin, end, tuple(parts))

    def _parts(self) -> Mapping[Family, list[Timeline]]:
        parts: defaultdict[Family, list[Timeline]] = defaultdict(list)
        for (family, _), timeline in self._timelines.items():
            if family in SUMS:
                parts[SUMS[family]].append(timeline)
        return parts


def _baseline(bucket: HistoryBucket, scope: Scope | None) -> Mapping[Key, int] | None:
    """Return what the ledger does not count of *bucket*; None when it counts nothing of it.

    A window that was so young at the birth counts from its baseline on, and in full without one.
    """
    if scope is None or scope.born is None or bucket.window is None:
        return None
    if bucket.start <= scope.born - bucket.slack:
        return None
    return scope.baseline.get(bucket.window, {})
