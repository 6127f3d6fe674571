"""One window of the ledger: the highest total seen of each key, and how far it fell since.

A fall below the high is a correction once it has lasted an hour: providers that answer from several
replicas flap between two totals, and that is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from msgspec import Struct, field

from exporter.metrics import usage
from exporter.reading import Reading, Series, WindowReading

LASTING_SECONDS = 3600
"""How long a fall has to last to be a correction: replicas that differ agree sooner."""

Key = tuple[str, tuple[str, ...]]
"""A family's name and the source within it."""

_SHARED_KEYS = 4096
"""Keys that are kept for other windows to share: those of some countries and reasons."""

TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL.name
REQUESTS = usage.PRODUCT_REQUESTS_TOTAL.name


class Fall(Struct, frozen=True, gc=False):
    """How far a key is below its high, in bytes or requests.

    *run* tells, deeper and deeper, since when it is at least so far below: (since, depth).
    *confirmed* is the largest fall that lasted.
    """

    run: tuple[tuple[float, int], ...] = ()
    confirmed: int = 0


_NO_FALL = Fall()


class Window(Struct, frozen=True, gc=False):
    """The highs of one window; *start* is in Unix seconds, None when unknown."""

    start: float | None
    highs: Mapping[Key, int] = field(default_factory=dict)
    falls: Mapping[Key, Fall] = field(default_factory=dict)


@dataclass(slots=True)
class Corrections:
    """What lasting falls add up to in the course of one statement."""

    traffic: int = 0
    requests: int = 0


@lru_cache(_SHARED_KEYS)
def shared_key(family: str, source: tuple[str, ...]) -> Key:
    """Return the key, one object for all windows that have it; *family* is a name."""
    return family, source


def add_up(readings: Iterable[Reading]) -> tuple[dict[Key, int], dict[Key, Series]]:
    """Return the total of each key, and the series that it moves: that of its last reading."""
    totals: dict[Key, int] = {}
    series: dict[Key, Series] = {}
    for one in readings:
        key = shared_key(one.family.name, one.source)
        totals[key] = totals.get(key, 0) + one.total
        series[key] = (one.family, one.labels)
    return totals, series


def read_window(
    window: Window, reading: WindowReading, *, at: float, from_zero: bool, corrections: Corrections
) -> tuple[Window, list[tuple[Series, int]]]:
    """Return *window* after *reading*, and by how much each series of the reading grows.

    A key that the window does not hold yet grows by its whole total when *from_zero*, else by 0.
    """
    totals, series = add_up(reading.readings)
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
        if key[0] not in (TRAFFIC, REQUESTS) or (totals and key not in totals):
            continue
        old = falls.get(key, _NO_FALL)
        depth = max(0, high - totals.get(key, 0))
        if depth == 0 and old is _NO_FALL:
            continue
        new = _fall(old, depth, at)
        if new != _NO_FALL:
            falls[key] = new
        else:
            del falls[key]
        if key[0] == TRAFFIC:
            corrections.traffic += new.confirmed - old.confirmed
        else:
            corrections.requests += new.confirmed - old.confirmed
    return falls


def _fall(old: Fall, depth: int, at: float) -> Fall:
    if depth == 0:
        return Fall(confirmed=old.confirmed)
    since = min((begin for begin, least in old.run if least >= depth), default=at)
    run = [*(one for one in old.run if one[1] < depth), (since, depth)]
    lasting = [one for one in run if at - one[0] >= LASTING_SECONDS]
    confirmed = max((least for _, least in lasting), default=0)
    # Of what has lasted, only the deepest can still tell something new.
    return Fall((*lasting[-1:], *run[len(lasting) :]), max(old.confirmed, confirmed))
