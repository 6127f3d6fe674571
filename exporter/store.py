"""Store: what every account has to show, as snapshots and as lines.

Lines are made when a snapshot is published, while the processor's caches still hold what they are
made of; a scrape only puts them together. Publishing sets a single reference, and who reads copies
them all in one step of the interpreter, so a scrape sees whole polls and takes no lock. Structs, as
samples are: a poll makes several.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, field

from exporter.account import AccountKey
from exporter.exposition import Chunks, Rendering, rerender
from exporter.health import account_samples, poll_samples, steady, steady_samples
from exporter.metrics import Sample, Samples, Shape
from exporter.snapshot import Part, Snapshot

_T = TypeVar("_T")

_Make = Callable[[Shape], Samples]
"""Makes the samples of a source, in that shape if it is theirs; equal sources have equal ones."""


class _Rendered(Struct, frozen=True, eq=False, gc=False):
    """A source, and what came of it."""

    source: object
    rendering: Rendering


class Gauges(Struct, frozen=True, eq=False, gc=False):
    """The lines of one part, which are shown until it is stale."""

    snapshot: Snapshot
    part: Part
    chunks: Chunks


class Entry(Struct, frozen=True, eq=False, gc=False):
    """What one account shows: its snapshots, by collector, and the lines that come of them."""

    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    always: Sequence[Chunks] = ()
    """Health and counters, which never go stale."""
    gauges: Sequence[Gauges] = ()
    renderings: Mapping[object, _Rendered] = field(default_factory=dict)
    """What the lines are of, for the next entry."""


class Store:
    """The present entries. Written by the polling loop alone, read by any thread."""

    def __init__(self) -> None:
        self.version = 0
        """How often it changed: who reads it before the entries misses no change."""
        self._entries: dict[AccountKey, Entry] = {}

    def put(self, snapshot: Snapshot) -> None:
        """Publish *snapshot* in place of its predecessor."""
        key = snapshot.account.key
        snapshots = {**self.of(key), snapshot.collector: snapshot}
        self._entries[key] = _enter(key, snapshots, self._entries.get(key))
        self.version += 1  # after the entry: readers ask in the other order

    def replace(self, accounts: Mapping[AccountKey, Mapping[str, Snapshot]]) -> None:
        """Show *accounts*, by collector, and no others: no scrape sees some of it alone."""
        self._entries = {
            key: _enter(key, those, self._entries.get(key)) for key, those in accounts.items()
        }
        self.version += 1

    def of(self, account: AccountKey) -> Mapping[str, Snapshot]:
        """Return the snapshots of *account*, by collector; none of one that is not there."""
        return self._entries.get(account, Entry()).snapshots

    def all(self) -> tuple[Snapshot, ...]:
        """Return all snapshots at one moment, in the order of the accounts."""
        return tuple(one for entry in self.entries().values() for one in entry.snapshots.values())

    def entries(self) -> Mapping[AccountKey, Entry]:
        """Return what all accounts show at one moment."""
        return self._entries.copy()


def _enter(account: AccountKey, snapshots: Mapping[str, Snapshot], before: Entry | None) -> Entry:
    """Render what *before* did not have already."""
    known = before.renderings if before else {}
    renderings: dict[object, _Rendered] = {}

    def chunks(key: object, source: object, make: _Make) -> Chunks:
        renderings[key] = _rendered(known.get(key), source, make, account)
        return renderings[key].rendering.chunks

    always = [chunks(*one) for one in _always(snapshots)]
    gauges = [
        Gauges(one, part, chunks(("gauges", collector, name), part, _kept(part)))
        for collector, one in snapshots.items()
        for name, part in one.parts.items()
    ]
    return Entry(snapshots, always, gauges, renderings)


def _always(snapshots: Mapping[str, Snapshot]) -> Iterator[tuple[object, object, _Make]]:
    """Yield the sources of what never goes stale, each with a key of its own."""
    everyone = tuple(snapshots.values())
    yield "account", everyone, _told(account_samples, everyone)
    for name, one in snapshots.items():
        yield ("poll", name), one, _told(poll_samples, one)
        yield ("steady", name), steady(one), _told(steady_samples, one)
        yield ("counters", name), one.counters, _kept(one.counters)


def _told(tell: Callable[[_T], Iterable[Sample]], source: _T) -> _Make:
    return lambda shape: Samples.of(tell(source), like=shape)


def _kept(part: Part) -> _Make:
    return lambda _shape: part.samples


def _rendered(
    before: _Rendered | None, source: object, make: _Make, account: AccountKey
) -> _Rendered:
    """Render what *make* makes of *source*, unless that was the source last time, too."""
    if before is None:
        return _Rendered(source, rerender(make(Shape()), account))
    if before.source == source:
        return before
    layout = before.rendering.layout
    return _Rendered(source, rerender(make(layout.shape), account, layout))
