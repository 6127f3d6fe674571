"""Polling that is played through by a virtual clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exporter.account import Account
from exporter.api import Api
from exporter.ledger import Ledger
from exporter.poller import Bounds
from exporter.polling import Polling
from exporter.providers import Context, Provider, Report
from exporter.state import MemoryState
from exporter.store import Store
from tests.clocks import Virtual
from tests.fakes import BreakableState, gauges, make_resources, report

REPORT = report(rest=gauges(1.0))


class Hanging:
    """A collector that is not answered before it is let go."""

    def __init__(self) -> None:
        self.under_way = 0
        self.go = asyncio.Event()

    async def __call__(self, _api: Api, _context: Context) -> Report:
        """Poll."""
        self.under_way += 1
        await self.go.wait()
        self.under_way -= 1
        return REPORT


class SlowState(BreakableState):
    """A state whose commits wait to be let go."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.go = asyncio.Event()

    async def commit(self, account: tuple[str, str], ledger: Ledger) -> None:
        """Keep *ledger*, when it is let go."""
        await self.go.wait()
        await super().commit(account, ledger)


def make_polling(clock: Virtual, *providers: Provider, state: MemoryState | None = None) -> Polling:
    """Return the polling of accounts at *providers*; it has none yet."""
    resources = make_resources(clock.clock(), state)
    bounds = Bounds(poll_timeout=30.0, max_series=100)
    return Polling({one.name: one for one in providers}, Store(), resources, bounds)


@asynccontextmanager
async def begun(clock: Virtual, polling: Polling, *accounts: Account) -> AsyncIterator[None]:
    """Poll *accounts* until the context ends; it begins when the first polls were."""
    for account in accounts:
        polling.add(account)
    polling.start()
    await clock.advance(0)
    try:
        yield
    finally:
        await polling.stop()
