"""State files for the tests: one account, in three ledgers that follow each other."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from exporter.ledger import Ledger
from exporter.state import FileState
from tests.ledgers import hours, owned, read, with_floor

KEY = ("webshare", "main")

BORN = read(owned(hours({100: 5, 101: 7}), "1"))
GROWN = read(hours({101: 9, 102: 3}, at=102), ledger=BORN)
FOLDED = read(with_floor(hours({102: 8}, at=150), "102"), ledger=GROWN)


@contextmanager
def state_at(path: Path) -> Iterator[FileState]:
    """Hold the state at *path*."""
    with closing(FileState(path)) as state:
        yield state


def commit(state: FileState, *ledgers: Ledger) -> None:
    """Commit ledgers of one account, one after the other."""

    async def run() -> None:
        for ledger in ledgers:
            await state.commit(KEY, ledger)

    asyncio.run(run())


def saved(path: Path) -> Ledger:
    """Return the ledger as another process would find it."""
    with state_at(path) as state:
        return state.load(KEY)
