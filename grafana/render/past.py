"""The past: the exporter polls the simulated providers for days, which takes minutes.

All is real but the clock and the wire, as in the simulation tests: the pollers, the state and what
a scrape shows. Each scrape goes to a file that promtool imports, with the time it was made at.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import rmtree

from exporter.account import Account
from exporter.api import Clock
from exporter.exposition import Format
from exporter.own_samples import own_samples
from exporter.poller import Bounds, Poller
from exporter.polling import Polling
from exporter.providers import PROVIDERS
from exporter.schedule import next_turn, offset
from exporter.scrape import Scrape
from exporter.secret import Credential, Secret
from exporter.session import Resources
from exporter.simulator import Fault, World, demo_world
from exporter.state import open_state
from exporter.store import Store
from grafana.render.book import Book
from tests.simulation.stage import AppPool

HOUR = 3600
DAY = 24 * HOUR
LASTS = 7 * DAY + 2 * HOUR
"""A little more than the longest range of a dashboard."""

PRICES = {"webshare": {"shared_residential": 3.5e-9}, "evomi": {"rpc": 0.49e-9, "rp": 2.15e-9}}
"""US dollars a byte, as the demo has them."""

SCRAPE_SECONDS = 60
"""Between two scrapes in the last day."""

EARLIER = 5
"""Before the last day, scrapes lie so many times as far apart, to spare time, and polls half so."""

POLL_SECONDS = 5.0
"""Before a scrape: a poll may take so long."""


@dataclass
class SimulatedClock:
    """A time that is set, and goes on by itself while a poll is under way."""

    at: float
    _since: float = field(default_factory=time.perf_counter)

    def go_to(self, at: float) -> None:
        """Set it."""
        self.at, self._since = at, time.perf_counter()

    def __call__(self) -> float:
        """Return it, in Unix seconds."""
        return self.at + time.perf_counter() - self._since

    async def sleep(self, _seconds: float) -> None:
        """Wait for nothing: requests need no distance here."""


def play(folder: Path) -> Path:
    """Return a file with what scrapes have shown until it was now, for promtool to import."""
    until = float(time.time() // 60 * 60)
    clock = SimulatedClock(until - LASTS)
    world = demo_world(until, clock=clock)
    world.faults = list(_faults(until))
    files = folder / "families"
    files.mkdir()
    out = folder / "past.om"
    with ExitStack() as stack:
        book = Book(files, stack)
        asyncio.run(_play(world, clock, book, until, folder / "state.db"))
        book.bind(out)
    rmtree(files)
    return out


async def _play(
    world: World, clock: SimulatedClock, book: Book, until: float, state_path: Path
) -> None:
    state = open_state(state_path)
    store = Store()
    shared = Resources(
        AppPool(world), state, SCRAPE_SECONDS, Clock(wall=clock, monotonic=clock, sleep=clock.sleep)
    )
    polling = Polling(PROVIDERS, store, shared, Bounds(60.0, 100_000))
    pollers = [one for account in _accounts(world) for one in polling.add(account)]
    scrape = Scrape(store, partial(own_samples, state, clock.at), stale_after=3, monotonic=clock)
    begin, due = clock.at, dict.fromkeys(pollers, clock.at)
    for at in _scrapes(begin, until):
        clock.go_to(at - POLL_SECONDS)
        await _poll(pollers, due, at, 1 if _is_late(at, until) else EARLIER / 2)
        clock.go_to(at)
        began = time.perf_counter()
        body = scrape.body(Format.OPENMETRICS, gzip=False).decode()
        took = time.perf_counter() - began
        body = re.sub(r"(?m)^(process_start_time_seconds) .*$", rf"\1 {begin}", body)
        samples = book.enter(body, at)
        book.enter_gauge("up", 1, at)
        book.enter_gauge("scrape_duration_seconds", took, at)
        book.enter_gauge("scrape_samples_scraped", samples, at)
    state.close()


def _scrapes(begin: float, until: float) -> Iterator[float]:
    """Return when to scrape: every few minutes, and every minute of the last day before *until*.

    It goes on until the present is reached, since playing takes a while.
    """
    at = begin
    while at <= time.time():
        yield at
        at += SCRAPE_SECONDS * (1 if _is_late(at, until) else EARLIER)


def _is_late(at: float, until: float) -> bool:
    """Tell whether *at* is in the last day, or in what its first figures look back over."""
    return at >= until - DAY - 2 * HOUR


async def _poll(
    pollers: Iterable[Poller], due: dict[Poller, float], at: float, apart: float
) -> None:
    """Poll what is due, the required collectors first, and set when they are next."""
    for required in (True, False):
        those = [one for one in pollers if due[one] <= at and one.collector.required is required]
        await asyncio.gather(*(one.poll() for one in those))
        for one in those:
            interval = apart * one.session.account.intervals[one.collector.name]
            due[one] = next_turn(at, interval, offset(one.session.account.key, interval))


def _accounts(world: World) -> Iterator[Account]:
    for account in world.accounts:
        provider = PROVIDERS[account.provider]
        yield Account(
            provider=account.provider,
            name=account.name,
            credential=Credential(Secret(account.key)),
            base_url="http://simulator",
            intervals={one.name: one.interval for one in provider.collectors},
            options=provider.options(),
            prices=PRICES.get(account.provider, {}),
        )


def _faults(until: float) -> Iterator[Fault]:
    """Return what goes wrong, so that there is something to see: outages, and a lost answer."""
    yield Fault(
        kind="status",
        provider="evomi",
        account="personal",
        since=until - 9 * HOUR,
        until=until - 8.2 * HOUR,
    )
    yield Fault(
        kind="status",
        status=429,
        provider="weproxies",
        account="scraping",
        since=until - 15.5 * HOUR,
        until=until - 15.1 * HOUR,
    )
    yield Fault(kind="status", status=502, provider="webshare", probability=0.004)
