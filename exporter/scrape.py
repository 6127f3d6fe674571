"""Scrape: the body that Prometheus gets, made once for all who ask.

Every scrape shows the store of one moment, so whole polls only. Its lines are joined when they are
first asked for, and the body is kept until a snapshot changes or the next gauge goes stale. The
exporter's own families and those of its process follow, fresh at each scrape: no family is in both
halves.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    exposition,
)
from prometheus_client.openmetrics import exposition as openmetrics

from exporter.account import AccountKey
from exporter.body import Gzip, Plain
from exporter.exposition import Chunks, Format, blocks, join, render
from exporter.metrics import Sample
from exporter.snapshot import Part, Snapshot
from exporter.store import Entry, Store


def stale_at(snapshot: Snapshot, part: Part, stale_after: float) -> float:
    """Return the monotonic time after which the gauges of *part* are no longer shown.

    Where a poll takes longer than an interval, the next one cannot be expected any sooner.
    """
    return part.at + stale_after * max(snapshot.interval, part.took)


@dataclass(frozen=True, slots=True)
class _View:
    """What is shown as long as the store is at *version* and *expires* is not over.

    It has no entries: those would keep the samples of the polls before.
    """

    version: int = -1
    expires: float = math.inf
    stale_after: float = 0
    chunks: Sequence[Chunks] = ()
    bodies: dict[tuple[Format, bool], Plain | Gzip] = field(default_factory=dict)
    """By format, and whether compressed; filled as they are asked for."""

    def holds(self, version: int, now: float, stale_after: float) -> bool:
        """Say whether this is what to show of that *version* at *now*."""
        is_fresh = now <= self.expires and stale_after == self.stale_after
        return is_fresh and version == self.version


class Scrape:
    """Makes the body of every scrape, for any number of threads.

    *own* yields the exporter's own samples, none of which may be of a family that has accounts.
    *process* has the families of the process and of Python.
    """

    def __init__(
        self,
        store: Store,
        own: Callable[[], Iterable[Sample]],
        *,
        stale_after: float,
        monotonic: Callable[[], float] = time.monotonic,
        process: CollectorRegistry | None = None,
    ) -> None:
        self.stale_after = stale_after
        """How many intervals gauges are shown; a reload may change it."""
        self._store = store
        self._own = own
        self._monotonic = monotonic
        self._process = process_registry() if process is None else process
        self._view = _View()
        self._building = Lock()

    def body(self, form: Format, *, gzip: bool) -> bytes:
        """Return the body of a scrape; may have to join and compress it first."""
        with self._building:
            now, version = self._monotonic(), self._store.version
            if not self._view.holds(version, now, self.stale_after):
                self._view = _view(version, self._store.entries(), now, self.stale_after)
            body = self._view.bodies.get((form, gzip))
            if body is None:
                body = self._build(form, gzip=gzip)
        return body.followed_by(self._tail(form))

    def ready_body(self, form: Format, *, gzip: bool) -> bytes | None:
        """Return the body of a scrape if it takes no waiting, else None."""
        view = self._view
        if not view.holds(self._store.version, self._monotonic(), self.stale_after):
            return None
        body = view.bodies.get((form, gzip))
        return None if body is None else body.followed_by(self._tail(form))

    def _build(self, form: Format, *, gzip: bool) -> Plain | Gzip:
        body = (Gzip if gzip else Plain)(blocks(self._view.chunks, form))
        self._view.bodies[form, gzip] = body
        return body

    def _tail(self, form: Format) -> bytes:
        own = join([render(self._own())], form).encode()
        if form is Format.TEXT:
            return own + exposition.generate_latest(self._process)
        latest: bytes = openmetrics.generate_latest(self._process)  # type: ignore[no-untyped-call]  # not annotated
        return own + latest


def _view(
    version: int, entries: Mapping[AccountKey, Entry], now: float, stale_after: float
) -> _View:
    expires, chunks = math.inf, list[Chunks]()
    for entry in entries.values():
        chunks += entry.always
        for gauges in entry.gauges:
            stale = stale_at(gauges.snapshot, gauges.part, stale_after)
            if now <= stale:
                chunks.append(gauges.chunks)
                expires = min(expires, stale)
    return _View(version, expires, stale_after, chunks)


def process_registry() -> CollectorRegistry:
    """Return a registry with the families of the process and of Python."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
