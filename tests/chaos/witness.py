"""Witness: what a row of scrapes shows that must never be, and the figures of each of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.cast import HEALTHY
from tests.chaos.exposition import Scrape, labels_of, name_of

SUCCESS = "proxy_provider_collector_success"

POLLS = "proxy_provider_polls_total"

LAST_SUCCESS = "proxy_provider_last_success_timestamp_seconds"

Collector = tuple[str, str, str]
"""Provider, account, collector."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The figures of one scrape: when, how many seconds it took, and what it told.

    *age* is how many seconds ago the oldest last success of the healthy account was.
    """

    at: float
    seconds: float
    age: float
    resident_bytes: float
    open_files: float


@dataclass
class Witness:
    """Sees every scrape, in order."""

    moments: list[Moment] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """What scrapes failed with."""
    falls: list[str] = field(default_factory=list)
    """Counters that fell."""
    gone: list[str] = field(default_factory=list)
    """Counters of any account, and gauges of the healthy one, that were missing again."""
    turns: defaultdict[Collector, int] = field(default_factory=lambda: defaultdict(int))
    """How often a collector was seen to begin or to end to fail."""
    last: Scrape = field(default_factory=lambda: Scrape(0.0, 0.0))

    def see(self, scrape: Scrape) -> None:
        """Compare *scrape* with the one before it."""
        self._compare(self.last, scrape)
        oldest = min(_healthys(scrape, LAST_SUCCESS), default=scrape.at)
        resident = scrape.values["process_resident_memory_bytes"]
        files = scrape.values["process_open_fds"]
        self.moments.append(Moment(scrape.at, scrape.seconds, scrape.at - oldest, resident, files))
        self.last = scrape

    def _compare(self, before: Scrape, now: Scrape) -> None:
        for series, value in before.values.items():
            is_counter = name_of(series) in before.counters
            if series not in now.values:
                if is_counter or is_healthys(series):
                    self.gone.append(series)
            elif is_counter and now.values[series] < value:
                self.falls.append(f"{series} {value} -> {now.values[series]}")
        for series, value in before.of(SUCCESS).items():
            polled = before.values[series.replace(SUCCESS, POLLS)]
            if polled and value != now.values.get(series):
                self.turns[collector_of(series)] += 1


def collector_of(series: str) -> Collector:
    """Return which collector a series is about."""
    labels = labels_of(series)
    return labels["provider"], labels["account"], labels["collector"]


def is_healthys(series: str) -> bool:
    """Tell whether a series is about the account that no fault strikes."""
    labels = labels_of(series)
    return (labels.get("provider"), labels.get("account")) == HEALTHY


def _healthys(scrape: Scrape, name: str) -> Iterable[float]:
    return (value for series, value in scrape.of(name).items() if is_healthys(series))
