"""Polls: what one poll costs, of the exporter and of the usual stack, ten at a time.

From sending the request to publishing the snapshot, over TLS, with answers that come at once; the
exporter also with its ledger on disk. Each run is a process of its own.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

import httpx

from benchmarks import usual
from benchmarks.api import mock
from benchmarks.child import python, run, say
from benchmarks.fleet import account
from benchmarks.table import figure, markdown, ratio
from exporter.api import Pool
from exporter.interpreter import favour_polls
from exporter.poller import Bounds
from exporter.polling import AT_THE_START, Polling
from exporter.providers import PROVIDERS
from exporter.providers.weproxies import WEPROXIES
from exporter.session import Resources
from exporter.state import open_state
from exporter.store import Store

ACCOUNTS = 300
ROUNDS = 4
MEMORY, DISK, USUAL = "exporter, ledger in memory", "exporter, ledger on disk", "usual stack"


async def _measure(poll_all: Callable[[], Awaitable[object]]) -> None:
    await poll_all()
    began = time.process_time()
    for _ in range(ROUNDS):
        await poll_all()
    say((time.process_time() - began) / ROUNDS / ACCOUNTS)


async def _ours(url: str, path: Path | None) -> None:
    favour_polls()
    with closing(open_state(path)) as state:
        pool = Pool()
        shared = Resources(pool, state, 0.0)
        polling = Polling(PROVIDERS, Store(), shared, Bounds(30.0, 10_000))
        options = WEPROXIES.options(periods=("all",))
        for number in range(ACCOUNTS):
            polling.add(replace(account(number, base_url=url), options=options))
        await _measure(polling.poll_once)
        await pool.aclose()


async def _usual(url: str) -> None:
    gate = asyncio.Semaphore(AT_THE_START)
    async with httpx.AsyncClient() as client:

        async def poll(number: int) -> None:
            async with gate:
                await usual.poll(client, url, f"account-{number:04}")

        await _measure(lambda: asyncio.gather(*map(poll, range(ACCOUNTS))))


async def main(name: str, url: str, folder: Path) -> None:
    """Poll all accounts several times, and say what one poll cost in seconds of CPU."""
    if name == USUAL:
        await _usual(url)
    else:
        await _ours(url, folder / f"{time.monotonic()}.db" if name == DISK else None)


def report(rounds: int) -> Iterator[str]:
    """Measure, and yield the table."""
    found: dict[str, list[float]] = {name: [] for name in (USUAL, MEMORY, DISK)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mock(folder, seconds=0.0) as api:
            for _ in range(rounds):
                for one, costs in found.items():
                    command = python("polls", one, api.url, folder)
                    with run(*command, log=folder / "log", **api.environ) as child:
                        costs.append(float(child.hear()))
    rows = [
        (one, figure(1e6 * median(costs)), ratio(costs, found[USUAL]))
        for one, costs in found.items()
    ]
    yield markdown("One poll over TLS, ten at a time", ("", "CPU, us", "ratio"), rows)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
