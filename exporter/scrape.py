"""Scrape: the body that Prometheus gets, made once for all who ask.

Every scrape shows the snapshots of one moment, so whole polls only. What comes of them is rendered
when it is first asked for, and kept until a snapshot changes or the next gauge goes stale; lines
are kept longer, as long as what they were made of. The exporter's own families and those of its
process follow, fresh at each scrape: no family is in both halves.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
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
from exporter.exposition import Format, Rendering, blocks, join, render, rerender
from exporter.health import account_samples, poll_samples, steady, steady_samples
from exporter.metrics import Sample
from exporter.snapshot import Part, Snapshot, SnapshotStore

_Make = Callable[[], Iterable[Sample]]
"""Makes the samples of a source; equal sources have equal samples."""


def stale_at(snapshot: Snapshot, part: Part, stale_after: float) -> float:
    """Return the monotonic time after which the gauges of *part* are no longer shown.

    Where a poll takes longer than an interval, the next one cannot be expected any sooner.
    """
    return part.at + stale_after * max(snapshot.interval, part.took)


@dataclass(frozen=True, slots=True)
class _View:
    """What is shown as long as the snapshots are these and *expires* is not over."""

    snapshots: tuple[Snapshot, ...] = ()
    expires: float = math.inf
    stale_after: float = 0
    renderings: Mapping[object, tuple[object, Rendering]] = field(default_factory=dict)
    bodies: dict[tuple[Format, bool], Plain | Gzip] = field(default_factory=dict)
    """By format, and whether compressed; filled as they are asked for."""

    def holds(self, snapshots: tuple[Snapshot, ...], now: float, stale_after: float) -> bool:
        """Say whether this is what to show of *snapshots* at *now*."""
        is_due = now <= self.expires and stale_after == self.stale_after
        return is_due and snapshots == self.snapshots


class Scrape:
    """Makes the body of every scrape, for any number of threads.

    *own* yields the exporter's own samples, none of which may be of a family that has accounts.
    *process* has the families of the process and of Python.
    """

    def __init__(
        self,
        store: SnapshotStore,
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
        """Return the body of a scrape; may have to render and compress it first."""
        with self._building:
            now, snapshots = self._monotonic(), self._store.all()
            if not self._view.holds(snapshots, now, self.stale_after):
                self._view = self._next_view(snapshots, now)
            body = self._view.bodies.get((form, gzip))
            if body is None:
                body = self._build(form, gzip=gzip)
        return body.followed_by(self._tail(form))

    def ready_body(self, form: Format, *, gzip: bool) -> bytes | None:
        """Return the body of a scrape if it takes no waiting, else None."""
        view = self._view
        if not view.holds(self._store.all(), self._monotonic(), self.stale_after):
            return None
        body = view.bodies.get((form, gzip))
        return None if body is None else body.followed_by(self._tail(form))

    def _build(self, form: Format, *, gzip: bool) -> Plain | Gzip:
        chunks = (rendering.chunks for _, rendering in self._view.renderings.values())
        body = (Gzip if gzip else Plain)(blocks(chunks, form))
        self._view.bodies[form, gzip] = body
        return body

    def _tail(self, form: Format) -> bytes:
        own = join([render(self._own())], form).encode()
        if form is Format.TEXT:
            return own + exposition.generate_latest(self._process)
        latest: bytes = openmetrics.generate_latest(self._process)  # type: ignore[no-untyped-call]  # not annotated
        return own + latest

    def _next_view(self, snapshots: tuple[Snapshot, ...], now: float) -> _View:
        expires, stale_after = math.inf, self.stale_after
        renderings: dict[object, tuple[object, Rendering]] = {}
        for those in _by_account(snapshots).values():
            account = those[0].account.key
            for key, source, make in _always(those):
                renderings[key] = self._rendered(key, source, make, account)
            for key, part, stale in _gauges(those, stale_after):
                if now <= stale:
                    renderings[key] = self._rendered(
                        key, part, partial(_part_samples, part), account
                    )
                    expires = min(expires, stale)
        return _View(snapshots, expires, stale_after, renderings)

    def _rendered(
        self, key: object, source: object, make: _Make, account: AccountKey
    ) -> tuple[object, Rendering]:
        """Render what *make* makes of *source*, unless that was the source last time, too."""
        before = self._view.renderings.get(key)
        if before is None:
            return source, rerender(make(), account, Rendering())
        if before[0] == source:
            return before
        return source, rerender(make(), account, before[1])


def _gauges(
    snapshots: Iterable[Snapshot], stale_after: float
) -> Iterator[tuple[object, Part, float]]:
    """Yield the gauges, each with a key of its own and when they go."""
    for snapshot in snapshots:
        for name, part in snapshot.parts.items():
            yield ("gauges", _key(snapshot), name), part, stale_at(snapshot, part, stale_after)


def process_registry() -> CollectorRegistry:
    """Return a registry with the families of the process and of Python."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _by_account(snapshots: Iterable[Snapshot]) -> Mapping[tuple[str, str], tuple[Snapshot, ...]]:
    accounts: dict[tuple[str, str], tuple[Snapshot, ...]] = {}
    for snapshot in snapshots:
        key = snapshot.account.key
        accounts[key] = (*accounts.get(key, ()), snapshot)
    return accounts


def _always(snapshots: tuple[Snapshot, ...]) -> Iterator[tuple[object, object, _Make]]:
    """Yield the sources of one account that never go stale, each with a key of its own."""
    yield snapshots[0].account.key, snapshots, partial(account_samples, snapshots)
    for one in snapshots:
        key = _key(one)
        yield key, one, partial(poll_samples, one)
        yield ("steady", key), steady(one), partial(steady_samples, one)
        yield ("counters", key), one.counters, partial(_part_samples, one.counters)


def _key(snapshot: Snapshot) -> tuple[str, str, str]:
    return (*snapshot.account.key, snapshot.collector)


def _part_samples(part: Part) -> Iterable[Sample]:
    return part.samples
