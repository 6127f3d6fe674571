"""One window of the ledger: the highest total seen of each key, and how far it fell since.

A fall below the high is a correction once it has lasted an hour: providers that answer from several
replicas flap between two totals, and that is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.metrics import usage
from exporter.reading import Series, WindowReading

LASTING_SECONDS = 3600
"""How long a fall has to last to be a correction (metrics.md)."""

Key = tuple[str, tuple[str, ...]]
"""A family's name and the source within it."""

TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL.name
_REQUESTS = usage.PRODUCT_REQUESTS_TOTAL.name


@dataclass(frozen=True, slots=True)
class Fall:
    """How far a key is below its high.

    *least* is the smallest fall since *since*, None when it is not below; *confirmed* the largest
    that lasted.
    """

    since: float | None = None
    least: int = 0
    confirmed: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The highs of one window; *start* is in Unix seconds, None when unknown."""

    start: float | None
    highs: Mapping[Key, int] = field(default_factory=dict)
    falls: Mapping[Key, Fall] = field(default_factory=dict)


@dataclass(slots=True)
class Corrections:
    """What lasting falls add up to in the course of one statement."""

    traffic: int = 0
    requests: int = 0


def read_window(
    window: Window, reading: WindowReading, *, at: float, from_zero: bool, corrections: Corrections
) -> tuple[Window, list[tuple[Series, int]]]:
    """Return *window* after *reading*, and by how much each series of the reading grows.

    A key that the window does not hold yet grows by its whole total when *from_zero*, else by 0.
    """
    totals: dict[Key, int] = {}
    series: dict[Key, Series] = {}
    for one in reading.readings:
        key = (one.family.name, one.source)
        totals[key] = totals.get(key, 0) + one.total
        series[key] = (one.family, one.labels)
    growth = []
    for key, total in totals.items():
        high = window.highs.get(key, 0 if from_zero else total)
        growth.append((series[key], max(0, total - high)))
    highs = {**window.highs}
    for key, total in totals.items():
        highs[key] = max(total, highs.get(key, total))
    falls = window.falls
    if not reading.partial:
        falls = _read_falls(window, totals, at=at, corrections=corrections)
    if highs == window.highs and falls == window.falls:
        return window, growth
    return Window(window.start, highs, falls), growth


def _read_falls(
    window: Window, totals: Mapping[Key, int], *, at: float, corrections: Corrections
) -> Mapping[Key, Fall]:
    """Return the falls after *totals*: none at all means that the window fell to 0 as a whole."""
    falls = dict(window.falls)
    for key, high in window.highs.items():
        if key[0] not in (TRAFFIC, _REQUESTS) or (totals and key not in totals):
            continue
        old = falls.get(key, Fall())
        new = _fall(old, max(0, high - totals.get(key, 0)), at)
        if new != Fall():
            falls[key] = new
        elif key in falls:
            del falls[key]
        if key[0] == TRAFFIC:
            corrections.traffic += new.confirmed - old.confirmed
        else:
            corrections.requests += new.confirmed - old.confirmed
    return falls


def _fall(old: Fall, depth: int, at: float) -> Fall:
    if depth == 0:
        return Fall(confirmed=old.confirmed)
    if old.since is None:
        return Fall(at, depth, old.confirmed)
    least = min(old.least, depth)
    if at - old.since < LASTING_SECONDS:
        return Fall(old.since, least, old.confirmed)
    return Fall(at, depth, max(old.confirmed, least))
