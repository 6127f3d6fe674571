"""Commits that are waited for at the same time."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec import structs

from exporter.account import AccountKey
from exporter.errors import StateError
from exporter.ledger import Ledger
from exporter.state import FileState, read_ledgers
from tests.clocks import settle
from tests.ledgers import hours, read

KEYS = [("webshare", f"account-{number}") for number in range(20)]

BORN = read(hours({100: 5, 101: 7}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the state is to be."""
    return tmp_path / "state.db"


@pytest.fixture
def state(path: Path) -> Iterator[FileState]:
    """Hold the state."""
    with closing(FileState(path)) as state:
        yield state


def births(path: Path) -> dict[AccountKey, float | None]:
    """Return what is on disk."""
    return {key: ledger.born for key, ledger in read_ledgers(path).items()}


@contextmanager
def beside(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file as another program does."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        yield other


def test_ledgers_that_wait_are_one_transaction(state: FileState, path: Path) -> None:
    """What comes at once goes to disk at once, and what comes meanwhile together after it."""
    seen: set[int] = set()

    def watch(done: threading.Event) -> None:
        with beside(path) as other:
            while not done.is_set():
                (number,) = other.execute(
                    "SELECT count(*) FROM ledger WHERE kind = 'account'"
                ).fetchone()
                seen.add(number)

    async def run(other: sqlite3.Connection) -> None:
        async with asyncio.TaskGroup() as group:
            other.execute("BEGIN IMMEDIATE")
            for key in KEYS[:5]:
                group.create_task(state.commit(key, BORN))
            await settle()
            for key in KEYS[5:]:
                group.create_task(state.commit(key, BORN))
                await asyncio.sleep(0)
            other.execute("ROLLBACK")

    done = threading.Event()
    with beside(path) as other, ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch, done)
        try:
            asyncio.run(run(other))
        finally:
            done.set()
        watching.result()
    assert seen <= {0, 5, 20}
    assert births(path) == dict.fromkeys(KEYS, BORN.born)


def commit_all(state: FileState) -> list[BaseException | None]:
    """Commit one ledger of each account at once, and return what became of them."""

    async def run() -> list[BaseException | None]:
        commits = (state.commit(key, BORN) for key in KEYS)
        return await asyncio.gather(*commits, return_exceptions=True)

    return asyncio.run(run())


def test_ledgers_fail_together(
    state: FileState, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """None of them is on disk, each poll hears of it, and the log has one line; then all are."""
    with beside(path) as other:
        other.execute("ALTER TABLE ledger RENAME TO elsewhere")
        failures = commit_all(state)
        other.execute("ALTER TABLE elsewhere RENAME TO ledger")
    assert {type(one) for one in failures} == {StateError}
    assert state.commit_failures == len(KEYS)
    assert [one.message for one in caplog.records] == [
        "state cannot be written: counters stand still"
    ]
    assert {state.load(key).born for key in KEYS} == {None}
    assert births(path) == {}
    assert commit_all(state) == [None] * len(KEYS)
    assert state.persistent
    assert births(path) == dict.fromkeys(KEYS, BORN.born)


def test_ledgers_that_fail_are_let_go(state: FileState, path: Path) -> None:
    """While the disk is full, what cannot be written does not gather in memory."""
    with beside(path) as other:
        other.execute("ALTER TABLE ledger RENAME TO elsewhere")
        gc.collect()
        gc.disable()
        try:
            commit_all(state)
            assert gc.collect() < len(KEYS)
        finally:
            gc.enable()


IMPOSSIBLE = [
    structs.replace(BORN, created={"1": 2j}),
    structs.replace(BORN, scopes={chr(0xD800): BORN.scopes["1"]}),
]


@pytest.mark.parametrize("impossible", IMPOSSIBLE, ids=["value", "name"])
def test_ledger_that_is_no_ledger_fails_alone(state: FileState, impossible: Ledger) -> None:
    """A bug in the ledger of one account keeps no other one from disk."""

    async def run() -> list[BaseException | None]:
        commits = (state.commit(key, impossible if key == KEYS[1] else BORN) for key in KEYS)
        return await asyncio.gather(*commits, return_exceptions=True)

    outcomes = asyncio.run(run())
    assert [key for key, one in zip(KEYS, outcomes, strict=True) if one] == [KEYS[1]]
    assert state.load(KEYS[1]) == Ledger()


def test_poll_that_is_cancelled_takes_no_other_with_it(state: FileState) -> None:
    """Whoever no longer waits for a commit, it is made, and known to be."""

    async def run() -> None:
        commits = [asyncio.create_task(state.commit(key, BORN)) for key in KEYS]
        await asyncio.sleep(0)
        commits[0].cancel()
        outcomes = await asyncio.gather(*commits, return_exceptions=True)
        assert [type(one) for one in outcomes] == [asyncio.CancelledError] + [type(None)] * 19

    asyncio.run(run())
    assert all(state.load(key) is BORN for key in KEYS)
