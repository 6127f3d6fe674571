"""Polling that is played through by a virtual clock."""

import asyncio
from collections.abc import AsyncIterator, Iterable
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
async def begun(
    providers: Iterable[Provider],
    *accounts: Account,
    clock: Virtual | None = None,
    state: MemoryState | None = None,
) -> AsyncIterator[tuple[Virtual, Polling]]:
    """Poll *accounts* until the context ends; it begins when the first polls were."""
    clock = clock or Virtual()
    polling = make_polling(clock, *providers, state=state)
    for account in accounts:
        polling.add(account)
    polling.start()
    await clock.advance(0)
    try:
        yield clock, polling
    finally:
        await polling.stop()
