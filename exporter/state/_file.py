"""The ledgers in a SQLite file, one transaction for all polls that wait for one.

All links to the file are followed first: its lock, and what SQLite keeps beside it, go by its name.
One process at a time holds the file, by a lock on a file beside it, so that readers (``backfill``)
need no part in it. Commits run on one thread of their own; their rows are made before, so that a
bug in one ledger fails alone. ``synchronous=FULL``: what a scrape has seen must be on disk when the
power goes, or the counter falls and Prometheus counts it again.
"""

import asyncio
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from exporter.account import AccountKey
from exporter.errors import FileError, StartError, StateError, UsageError
from exporter.file import follow_links
from exporter.ledger import Ledger
from exporter.logs import fields
from exporter.state import _tables

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
"""For one who has locked the file, a backup say."""

_COMPANIONS = ("", "-wal", "-shm")
"""A SQLite file and those that belong to it."""


@dataclass(slots=True)
class _Batch:
    """What goes to disk together."""

    ledgers: dict[AccountKey, Ledger] = field(default_factory=dict)
    changes: list[_tables.Change] = field(default_factory=list)
    written: asyncio.Task[Exception | None] | None = None
    """Ends when it is on disk, with what kept it from being; None as long as it is empty."""


class FileState:
    """Keeps the ledgers in the file at *path*, for one event loop; makes it when there is none.

    *patience* is in seconds.
    Raises: UsageError when something else is at *path*; StartError when another process holds the
    file, when it is of a newer version or another program's, or when it cannot be written.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self._path = path = locate(path)
        self._lock = _lock(path)
        self.persistent = True
        self.commit_failures = 0
        try:
            self.set_aside = _set_aside_if_broken(path)
            self._connection = _open(path, patience)
            self._ledgers = _tables.read(self._connection)
            self._opened = path.stat()
        except BaseException:
            os.close(self._lock)
            raise
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._writing = asyncio.Lock()
        self._next = _Batch()

    def load(self, account: AccountKey) -> Ledger:
        """Return the ledger as it was last committed; an empty one when there is none."""
        return self._ledgers.get(account, Ledger())

    async def commit(self, account: AccountKey, ledger: Ledger) -> None:
        """Write *ledger* to disk, with all others that wait for it then.

        Raises: StateError when that fails; the file is as it was.
        """
        batch = self._next
        change = _tables.change(account, before=self.load(account), after=ledger)
        batch.changes.append(change)
        batch.ledgers[account] = ledger
        if batch.written is None:
            batch.written = asyncio.create_task(self._write(batch))
        error = await asyncio.shield(batch.written)
        if error is not None:
            self._fail(error)
            raise StateError(str(error)) from error
        if not self.persistent:
            log.info("state is on disk again", extra=fields(path=self._path))
        self.persistent = True

    async def _write(self, batch: _Batch) -> Exception | None:
        loop = asyncio.get_running_loop()
        async with self._writing:
            self._next = _Batch()
            try:
                await loop.run_in_executor(self._writer, self._write_file, batch.changes)
            except (sqlite3.Error, OSError, StateError) as error:
                return error.with_traceback(None)  # which would hold the batch, that holds it
            self._ledgers.update(batch.ledgers)
        return None

    def _write_file(self, changes: Iterable[_tables.Change]) -> None:
        """Write *changes*, unless the file was removed or replaced.

        Raises: StateError or OSError when the file is no longer where it was opened; sqlite3.Error.
        """
        if not os.path.samestat(self._path.stat(), self._opened):
            name = self._path.name
            raise StateError(
                "the file was replaced by another; to use that, stop the exporter,"
                f" remove {name}-wal and {name}-shm, which belong to the one before, and start it"
            )
        _tables.write(self._connection, changes)

    def _fail(self, error: Exception) -> None:
        self.commit_failures += 1
        if self.persistent:
            extra = fields(path=self._path, error=str(error))
            log.error("state cannot be written: counters stand still", extra=extra)
        self.persistent = False

    def close(self) -> None:
        """Wait for the commit under way, and let go of the file."""
        self._writer.shutdown()
        self._connection.close()
        os.close(self._lock)


def locate(path: Path) -> Path:
    """Return where the state is, or is to be, however *path* leads there.

    Raises: UsageError when something else is there, StartError when the system refuses, or has no
    folder for it.
    """
    try:
        found = follow_links(path)
    except FileError as error:
        raise UsageError([f"--storage.path: {path}: {error}"]) from error
    except OSError as error:
        raise StartError(f"--storage.path: {path}: {error.strerror}") from error
    if not found.parent.is_dir():
        missing = f"there is no directory {found.parent}; make it, or give another path"
        raise StartError(f"--storage.path: {path}: {missing}")
    return found


def _lock(path: Path) -> int:
    """Return the descriptor that holds the lock, for as long as it is open."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(f"--storage.path: {beside}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StartError(
            f"--storage.path: {path} is in use by another exporter; give each a file of its own"
        ) from error
    return descriptor


def _connect(path: Path, patience: float = PATIENCE_SECONDS) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=patience)


def _open(path: Path, patience: float) -> sqlite3.Connection:
    connection = _connect(path, patience)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            _tables.create(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        connection.close()
        raise StartError(f"--storage.path: {path}: {error}") from error
    return connection


def _set_aside_if_broken(path: Path) -> bool:
    """Rename a file that cannot be read as a state, and say so; return whether it was needed."""
    problem = _problem(path)
    if problem is None:
        return False
    aside = f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    for suffix in _COMPANIONS:
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(path.with_name(aside + suffix))
    extra = fields(path=path, aside=aside, error=problem)
    log.error("state is broken: set aside, counters begin anew", extra=extra)
    return True


def _problem(path: Path) -> str | None:
    """Return what keeps the file from being read, None when nothing does.

    Raises: StartError when it is whole, but not for us.
    """
    if not path.exists():
        return None
    try:
        with closing(_connect(path)) as connection:
            check(connection, path)
    except sqlite3.OperationalError as error:
        raise StartError(f"--storage.path: {path}: {error}") from error
    except (sqlite3.DatabaseError, ValueError) as error:
        return str(error)
    return None


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Read the whole file, to see that it is a state, and one that we know.

    Raises: StartError when it is not for us; ValueError or sqlite3.Error when it is broken.
    """
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise ValueError(found)
    if not _tables.exist(connection):
        return
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != _tables.APPLICATION_ID:
        raise StartError(f"--storage.path: {path} is a database of another program")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _tables.VERSION:
        raise StartError(
            f"--storage.path: {path} was written by a newer exporter (version {version} of its"
            f" format, this one knows {_tables.VERSION}); upgrade, or give another file"
        )
    _tables.read(connection)
