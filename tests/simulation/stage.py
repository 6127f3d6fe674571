"""A stage for simulated time: real pollers, the real state, the simulator, and a reader.

Nothing is faked but the clock and the wire: requests go to the simulator's application directly,
and waiting takes no time. The reader adds up rises and resets as Prometheus' ``increase`` does.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from exporter.account import Account
from exporter.api import Clock, Pool
from exporter.metrics import Family
from exporter.poller import Bounds, Poller
from exporter.polling import Polling
from exporter.providers import PROVIDERS
from exporter.secret import Credential, Secret
from exporter.session import Resources
from exporter.simulator import World
from exporter.simulator.app import create_app
from exporter.state import State, open_state
from exporter.store import Store

Series = tuple[tuple[str, str], str, tuple[str, ...]]
"""Account, family, labels."""


@dataclass
class Now:
    """The time of the stage, in Unix seconds."""

    at: float

    def __call__(self) -> float:
        """Return it."""
        return self.at

    async def sleep(self, _seconds: float) -> None:
        """Wait for nothing: within a poll, no time passes."""


class AppPool(Pool):
    """Connects to an application instead of a network."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._app = httpx.ASGITransport(create_app(world))

    def transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return the one transport."""
        assert url.host == "simulator"
        return self._app


@dataclass
class Reader:
    """What Prometheus makes of the counters that it sees."""

    seen: dict[Series, float] = field(default_factory=dict)
    rises: defaultdict[Series, float] = field(default_factory=lambda: defaultdict(float))
    resets: int = 0
    falls: list[Series] = field(default_factory=list)
    reset_to: list[float] = field(default_factory=list)

    def read(self, store: Store) -> None:
        """Scrape once."""
        for snapshot in store.all():
            for sample in snapshot.counters.samples:
                key = (snapshot.account.key, sample.family.name, sample.labels)
                self._see(key, sample.value)

    def _see(self, key: Series, value: float) -> None:
        before = self.seen.get(key)
        if before is not None and value < before:
            self.resets += 1
            self.falls.append(key)
            self.reset_to.append(value)
            self.rises[key] += value
        elif before is not None:
            self.rises[key] += value - before
        self.seen[key] = value

    def increase(self, account: tuple[str, str], family: Family, plan: str | None = None) -> float:
        """Return by how much a family rose, of one plan or product if that is given."""
        return sum(
            rise
            for (key, name, labels), rise in self.rises.items()
            if key == account
            and name == family.name
            and (plan is None or plan == (labels[1] or labels[0]))
        )


class Stage:
    """The exporter at *now*, with its state at *path*, or none."""

    def __init__(self, world: World, now: Now, path: Path | None, *, step: float) -> None:
        self.world = world
        self.now = now
        self.reader = Reader()
        self.path = path
        self._step = step
        self._state: State | None = None
        self.store = Store()
        self.pollers: list[Poller] = []

    def start(self) -> None:
        """Start the exporter."""
        self._state = open_state(self.path)
        self.store = Store()
        clock = Clock(wall=self.now, monotonic=self.now, sleep=self.now.sleep)
        shared = Resources(AppPool(self.world), self._state, self._step, clock)
        polling = Polling(PROVIDERS, self.store, shared, Bounds(60.0, 100_000))
        self.pollers = [one for account in self._accounts() for one in polling.add(account)]

    def stop(self) -> None:
        """Stop it; what it had in memory is gone."""
        if self._state is not None:
            self._state.close()
        self.pollers = []

    async def poll(self, wanted: Callable[[Poller], bool]) -> None:
        """Poll some collectors once, the required ones first, and scrape."""
        for required in (True, False):
            those = (one for one in self.pollers if one.collector.required is required)
            await _all(one.poll() for one in those if wanted(one))
        self.reader.read(self.store)

    def _accounts(self) -> Iterable[Account]:
        for account in self.world.accounts:
            provider = PROVIDERS[account.provider]
            yield Account(
                provider=account.provider,
                name=account.name,
                credential=Credential(Secret(account.key)),
                base_url="http://simulator",
                intervals={one.name: self._step for one in provider.collectors},
                options=provider.options(),
            )


async def _all(polls: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*polls)
