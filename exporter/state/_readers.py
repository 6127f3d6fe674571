"""The ledgers of a state file, read beside the exporter that may hold it, and without its lock."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from exporter.account import AccountKey
from exporter.errors import StartError
from exporter.ledger import Ledger
from exporter.state import _tables
from exporter.state._file import PATIENCE_SECONDS, check, locate


def read_ledgers(path: Path) -> Mapping[AccountKey, Ledger]:
    """Return every ledger as it was last committed; the file is left as it is.

    Raises: UsageError when something else is there; StartError when there is none, or it is broken,
    newer or another program's.
    """
    path = locate(path)
    if not path.exists():
        raise StartError(f"--storage.path: {path} is not there: run the exporter with it first")
    try:
        with closing(_connect(path)) as connection:
            connection.execute("BEGIN")
            check(connection, path)
            return _tables.read(connection) if _tables.exist(connection) else {}
    except (sqlite3.Error, ValueError) as error:
        raise StartError(f"--storage.path: {path} cannot be read: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file for reading.

    Without a ``-wal`` beside it nobody has it open: then SQLite need not make one, which would be
    in the way of an exporter that is another user.
    """
    is_live = path.with_name(f"{path.name}-wal").exists()
    mode = "mode=ro" if is_live else "immutable=1"
    uri = f"{path.as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_SECONDS)
