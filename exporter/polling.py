"""Polling: the pollers of all accounts, and the tasks that they run in.

Every account begins at once, a few of a provider at a time: its required collectors first, since
the readings of the others wait for what those say of the credential.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping

from exporter.account import Account, AccountKey
from exporter.poller import Bounds, Poller
from exporter.providers import Provider
from exporter.session import Resources, Session
from exporter.snapshot import SnapshotStore

AT_THE_START = 10
"""Accounts of one origin whose first polls are under way together."""


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
        self._was_ready = False
        self._accounts: dict[AccountKey, Account] = {}
        """As configured: a session's own account may have a newer credential."""
        self._pollers: dict[AccountKey, tuple[Poller, ...]] = {}
        self._gates: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_THE_START)
        )
        self._tasks: dict[AccountKey, asyncio.Task[None]] = {}

    def add(self, account: Account) -> tuple[Poller, ...]:
        """Make the pollers of *account*, in place of those that it has.

        What is known of it is shown on, less the collectors that are off now; new ones wait.
        """
        provider = self._providers[account.provider]
        session = Session(account, provider, self._shared)
        self.store.keep(account.key, account.intervals.keys())
        pollers = tuple(
            Poller(session, collector, self.store, self._bounds)
            for collector in provider.collectors
            if collector.name in account.intervals
        )
        self._accounts[account.key] = account
        self._pollers[account.key] = pollers
        return pollers

    def start(self) -> None:
        """Begin to poll, for ever."""
        for key in self._pollers:
            self._start(key)

    def _start(self, key: AccountKey) -> None:
        self._tasks[key] = asyncio.create_task(self._run(self._pollers[key]))

    async def update(self, accounts: Iterable[Account]) -> None:
        """Poll *accounts* from now on: those that did not change go on as if nothing had been."""
        self.unpolled()
        wanted = {account.key: account for account in accounts}
        changed = [key for key, account in self._accounts.items() if wanted.get(key) != account]
        await self._end(changed)
        for key in changed:
            del self._accounts[key], self._pollers[key]
            if key not in wanted:
                self.store.remove(key)
        for key in wanted.keys() - self._accounts.keys():
            self.add(wanted[key])
            self._start(key)

    async def poll_once(self) -> None:
        """Poll every collector once."""
        await asyncio.gather(*map(self._first_round, self._pollers.values()))

    async def stop(self) -> None:
        """End all polls, those under way too."""
        await self._end(tuple(self._tasks))

    async def _end(self, keys: Iterable[AccountKey]) -> None:
        tasks = [self._tasks.pop(key) for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def unpolled(self) -> tuple[str, ...]:
        """Name the accounts that have a required collector which was not polled yet.

        Once there is none, there is none for good: a reload adds to what is ready already.
        """
        if self._was_ready:
            return ()
        waiting = (one for one in self.store.all() if one.required and one.duration is None)
        names = tuple(dict.fromkeys("/".join(one.account.key) for one in waiting))
        self._was_ready = not names
        return names

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
