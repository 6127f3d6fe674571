"""Polling: the pollers of all accounts, and the tasks that they run in.

Every account begins at once, a few of a provider at a time: its required collectors first, since
the readings of the others wait for what those say of the credential.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.account import Account, AccountKey
from exporter.poller import Poller
from exporter.providers import Provider
from exporter.session import Resources, Session
from exporter.snapshot import SnapshotStore

AT_THE_START = 10
"""Accounts of one origin whose first polls are under way together."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a poll may take: seconds, and series of its account."""

    poll_timeout: float
    max_series: int


class Polling:
    """All accounts that are polled."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        store: SnapshotStore,
        shared: Resources,
        bounds: Bounds,
    ) -> None:
        self.store = store
        self._providers = providers
        self._shared = shared
        self._bounds = bounds
        self._pollers: dict[AccountKey, tuple[Poller, ...]] = {}
        self._gates: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_THE_START)
        )
        self._tasks: dict[AccountKey, asyncio.Task[None]] = {}

    def add(self, account: Account) -> tuple[Poller, ...]:
        """Make the pollers of *account*; their snapshots say from now on that it waits."""
        provider = self._providers[account.provider]
        session = Session(account, provider, self._shared)
        pollers = tuple(
            Poller(
                session,
                collector,
                self.store,
                poll_timeout=self._bounds.poll_timeout,
                max_series=self._bounds.max_series,
            )
            for collector in provider.collectors
            if collector.name in account.intervals
        )
        self._pollers[account.key] = pollers
        return pollers

    def start(self) -> None:
        """Begin to poll, for ever."""
        for key, pollers in self._pollers.items():
            self._tasks[key] = asyncio.create_task(self._run(pollers))

    async def poll_once(self) -> None:
        """Poll every collector once."""
        await asyncio.gather(*map(self._first_round, self._pollers.values()))

    async def stop(self) -> None:
        """End all polls, those under way too."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def unpolled(self) -> tuple[str, ...]:
        """Name the accounts that have a required collector which was not polled yet."""
        waiting = (one for one in self.store.all() if one.required and one.duration is None)
        return tuple(dict.fromkeys("/".join(one.account.key) for one in waiting))

    async def _run(self, pollers: tuple[Poller, ...]) -> None:
        await self._first_round(pollers)
        async with asyncio.TaskGroup() as group:
            for poller in pollers:
                group.create_task(poller.run())

    async def _first_round(self, pollers: tuple[Poller, ...]) -> None:
        async with self._gates[pollers[0].session.account.base_url]:
            await _poll_all(one for one in pollers if one.collector.required)
            await _poll_all(one for one in pollers if not one.collector.required)


async def _poll_all(pollers: Iterable[Poller]) -> None:
    await asyncio.gather(*(poller.poll() for poller in pollers))
