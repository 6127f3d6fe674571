"""The tables of the state file, and what goes in and out of them.

Pure SQL: which file it is, and who may write, is said elsewhere.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping

from exporter.account import AccountKey
from exporter.ledger import Ledger, Scope
from exporter.state._codec import (
    decode_account,
    decode_scope,
    decode_window,
    encode_account,
    encode_scope,
    encode_window,
)
from exporter.window import Window

APPLICATION_ID = 0x70707865
"""``ppxe`` in ASCII: tells our files from those of other programs."""

VERSION = 1
"""Of the schema. A file of a newer one is refused."""

_SCHEMA = f"""
BEGIN;
CREATE TABLE account (
    provider TEXT, account TEXT, ledger BLOB NOT NULL, PRIMARY KEY (provider, account)
) WITHOUT ROWID;
CREATE TABLE scope (
    provider TEXT, account TEXT, scope TEXT, ledger BLOB NOT NULL,
    PRIMARY KEY (provider, account, scope)
) WITHOUT ROWID;
CREATE TABLE window (
    provider TEXT, account TEXT, scope TEXT, id TEXT, ledger BLOB NOT NULL,
    PRIMARY KEY (provider, account, scope, id)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
COMMIT;
"""

_PUT_ACCOUNT = "INSERT OR REPLACE INTO account VALUES (?, ?, ?)"
_PUT_SCOPE = "INSERT OR REPLACE INTO scope VALUES (?, ?, ?, ?)"
_PUT_WINDOW = "INSERT OR REPLACE INTO window VALUES (?, ?, ?, ?, ?)"
_DROP_WINDOW = "DELETE FROM window WHERE provider = ? AND account = ? AND scope = ? AND id = ?"


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    connection.executescript(_SCHEMA)


def exist(connection: sqlite3.Connection) -> bool:
    """Tell whether the file has any tables: a new one has none."""
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def read(connection: sqlite3.Connection) -> dict[AccountKey, Ledger]:
    """Return every ledger. Raises: ValueError or sqlite3.Error when the file is broken."""
    windows: defaultdict[tuple[str, str, str], dict[str, Window]] = defaultdict(dict)
    for provider, account, scope, name, blob in connection.execute("SELECT * FROM window"):
        windows[provider, account, scope][name] = decode_window(blob)
    scopes: defaultdict[AccountKey, dict[str, Scope]] = defaultdict(dict)
    for provider, account, scope, blob in connection.execute("SELECT * FROM scope"):
        held = windows[provider, account, scope]
        scopes[provider, account][scope] = decode_scope(blob, held)
    return {
        (provider, account): decode_account(blob, scopes[provider, account])
        for provider, account, blob in connection.execute("SELECT * FROM account")
    }


def write(
    connection: sqlite3.Connection, key: AccountKey, *, before: Ledger, after: Ledger
) -> None:
    """Turn the rows of *before* into those of *after*, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_PUT_ACCOUNT, (*key, encode_account(after)))
        for name, scope in after.scopes.items():
            old = before.scopes.get(name)
            if old is not scope:
                _write_scope(connection, (*key, name), old, scope)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _write_scope(
    connection: sqlite3.Connection, key: tuple[str, str, str], old: Scope | None, new: Scope
) -> None:
    windows = old.windows if old else {}
    connection.execute(_PUT_SCOPE, (*key, encode_scope(new)))
    connection.executemany(_PUT_WINDOW, _changed(key, windows, new))
    connection.executemany(
        _DROP_WINDOW, ((*key, name) for name in windows if name not in new.windows)
    )


def _changed(
    key: tuple[str, str, str], old: Mapping[str, Window], new: Scope
) -> Iterator[tuple[str, str, str, str, bytes]]:
    for name, window in new.windows.items():
        if old.get(name) is not window:
            yield (*key, name, encode_window(window))
