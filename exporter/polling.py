"""Polling: the pollers of all accounts, and the tasks that they run in.

Every account begins at once, a few of a provider at a time: its required collectors first, since
the readings of the others wait for what those say of the credential.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from msgspec import structs

from exporter.account import Account, AccountKey
from exporter.api import Client
from exporter.poller import Bounds, Poller, first_snapshot
from exporter.providers import Collector, Provider
from exporter.session import Resources, Session, make_client
from exporter.snapshot import Snapshot
from exporter.store import Store

AT_THE_START = 10
"""Accounts of one origin whose first polls are under way together."""


class Polling:
    """All accounts that are polled."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        store: Store,
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

    def add(self, account: Account, client: Client | None = None) -> tuple[Poller, ...]:
        """Make the pollers of *account*, which ask by *client*, or by one of their own."""
        provider = self._providers[account.provider]
        session = Session(account, provider, self._shared, client)
        pollers = tuple(
            Poller(session, collector, self.store, self._bounds)
            for collector in _asked(provider, account)
        )
        self._accounts[account.key], self._pollers[account.key] = account, pollers
        return pollers

    def start(self) -> None:
        """Begin to poll, for ever."""
        for key in self._pollers:
            self._start(key)

    def _start(self, key: AccountKey) -> None:
        self._tasks[key] = asyncio.create_task(self._run(self._pollers[key]))

    async def update(self, accounts: Iterable[Account]) -> None:
        """Poll *accounts* from now on: those that did not change go on as if nothing had been.

        What is known of the others is shown on, less the collectors that are off now.
        """
        self.unpolled()
        wanted = {account.key: account for account in accounts}
        ended = {key for key, old in self._accounts.items() if not _goes_on(old, wanted.get(key))}
        begun = {
            key: self._client(account)
            for key, account in wanted.items()
            if key in ended or key not in self._accounts
        }
        await asyncio.gather(*map(self._end, ended))
        self.store.replace({key: self._snapshots(one) for key, one in wanted.items()})
        for key, account in wanted.items():
            if key in begun:
                self.add(account, begun[key])
                self._start(key)
            else:
                self._accounts[key] = account
                self._pollers[key][0].session.reprice(account.prices)
        await self._shared.pool.keep(account.base_url for account in wanted.values())

    def _client(self, account: Account) -> Client:
        """Return what asks as *account* does: the present one if it can be, for its pauses."""
        if account.key in self._pollers:
            present = self._pollers[account.key][0].session.client
            if present.serves(account.base_url, account.credential):
                return present
        return make_client(account, self._providers[account.provider], self._shared)

    def _snapshots(self, account: Account) -> Mapping[str, Snapshot]:
        """Return what *account* shows from now on; the requests of all it ever asked stay."""
        before = self.store.of(account.key)
        asked = _asked(self._providers[account.provider], account)
        now = {
            one.name: structs.replace(
                before.get(one.name) or first_snapshot(account, one), account=account
            )
            for one in asked
        }
        required = next(one.name for one in asked if one.required)
        requests = Counter(now[required].requests)
        for name in before.keys() - now.keys():
            requests.update(before[name].requests)
        return {**now, required: structs.replace(now[required], requests=requests)}

    async def poll_once(self) -> None:
        """Poll every collector once."""
        await asyncio.gather(*map(self._first_round, self._pollers.values()))

    async def stop(self) -> None:
        """End all polls, those under way too."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _end(self, key: AccountKey) -> None:
        """End the polls of an account, but none while its ledger is written."""
        session, task = self._pollers[key][0].session, self._tasks[key]
        async with session.settling:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        del self._accounts[key], self._pollers[key], self._tasks[key]

    def unpolled(self) -> tuple[str, ...]:
        """Name the accounts that have a required collector which was not polled yet.

        Once there is none, there is none for good: a reload adds to what is ready already.
        """
        if self._was_ready:
            return ()
        waiting = (one for one in self.store.all() if one.required and one.duration is None)
        names = tuple(dict.fromkeys("/".join(one.account.key) for one in waiting))
        if not names:
            self._was_ready = True
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


def _asked(provider: Provider, account: Account) -> tuple[Collector, ...]:
    """Return the collectors that are on."""
    return tuple(one for one in provider.collectors if one.name in account.intervals)


def _goes_on(old: Account, new: Account | None) -> bool:
    """Tell whether nothing changed that polls depend on."""
    return new is not None and replace(old, prices=new.prices) == new
