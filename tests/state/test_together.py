"""Commits that are waited for at the same time."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from exporter.account import AccountKey
from exporter.errors import StateError
from exporter.ledger import Ledger
from exporter.state import FileState, _tables, read_ledgers
from tests.ledgers import hours, read

KEYS = [("webshare", f"account-{number}") for number in range(20)]

BORN = read(hours({100: 5, 101: 7}))

PATIENCE = 10.0


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


def test_ledgers_that_wait_are_one_transaction(
    state: FileState, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes at once goes to disk at once, and what comes meanwhile together after it."""
    sizes: list[int] = []
    begun, go_on = threading.Event(), threading.Event()
    write = _tables.write

    def slowly(connection: sqlite3.Connection, changes: Sequence[_tables.Change]) -> None:
        sizes.append(len(changes))
        begun.set()
        assert go_on.wait(PATIENCE)
        write(connection, changes)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for key in KEYS[:5]:
                group.create_task(state.commit(key, BORN))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            for key in KEYS[5:]:
                group.create_task(state.commit(key, BORN))
                await asyncio.sleep(0)
            go_on.set()

    monkeypatch.setattr(_tables, "write", slowly)
    asyncio.run(run())
    assert sizes == [5, 15]
    assert births(path) == dict.fromkeys(KEYS, BORN.born)


def test_ledgers_fail_together(
    state: FileState,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """None of them is on disk, each poll hears of it, and the log has one line."""
    monkeypatch.setattr(_tables, "_PUT", "INSERT INTO nowhere VALUES ")

    async def run() -> list[BaseException | None]:
        commits = (state.commit(key, BORN) for key in KEYS)
        return await asyncio.gather(*commits, return_exceptions=True)

    failures = asyncio.run(run())
    assert {type(one) for one in failures} == {StateError}
    assert state.commit_failures == len(KEYS)
    assert len(caplog.records) == 1
    assert {state.load(key).born for key in KEYS} == {None}
    assert births(path) == {}


def test_ledger_that_is_no_ledger_fails_alone(state: FileState) -> None:
    """A bug in the ledger of one account keeps no other one from disk."""
    impossible = structs.replace(BORN, created={"1": 2j})

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
