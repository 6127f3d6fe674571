"""A scrape of a store that a test fills, by a clock that it sets."""

from collections.abc import Iterable, Iterator
from itertools import count

from prometheus_client import CollectorRegistry

from exporter.account import Account
from exporter.exposition import Format
from exporter.metrics import Sample, Samples, health
from exporter.scrape import Scrape
from exporter.secret import Credential, Secret
from exporter.snapshot import Part, Snapshot
from exporter.store import Store


def account(name: str) -> Account:
    """Make an account."""
    intervals = {"usage": 10.0, "proxies": 60.0}
    return Account("webshare", name, Credential(Secret("key")), "", intervals)


class Polls:
    """A store, its scrape, and a clock to set."""

    def __init__(self, *, process: CollectorRegistry | None = None) -> None:
        self.now = 1000.0
        self.calls = count()
        self.store = Store()
        self.scrape = Scrape(
            self.store, self.own, stale_after=3, monotonic=lambda: self.now, process=process
        )

    def own(self) -> Iterator[Sample]:
        """Count the scrapes, as a sample."""
        yield health.EXPORTER_STATE_COMMIT_FAILURES_TOTAL.sample(next(self.calls))

    def put(self, name: str = "main", collector: str = "usage", **parts: Iterable[Sample]) -> None:
        """Publish a poll that had *parts*, and in ``counters`` counters."""
        counters = Part(Samples.of(parts.pop("counters", ())), self.now)
        gauges = {part: Part(Samples.of(samples), self.now) for part, samples in parts.items()}
        self.store.put(
            Snapshot(
                account=account(name),
                collector=collector,
                required=True,
                parts=gauges,
                counters=counters,
            )
        )

    def text(self, form: Format = Format.TEXT) -> str:
        """Return the body of a scrape."""
        return self.scrape.body(form, gzip=False).decode()
