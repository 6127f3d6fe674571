"""The table of the state file, and what goes in and out of it.

Pure SQL: which file it is, and who may write, is said elsewhere.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct

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
CREATE TABLE ledger (
    provider TEXT, account TEXT, kind TEXT CHECK (kind IN ('account', 'scope', 'window')),
    scope TEXT, window TEXT, value BLOB NOT NULL,
    PRIMARY KEY (provider, account, kind, scope, window)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
COMMIT;
"""

_Row = tuple[str, str, str, str, str, bytes]
"""Provider, account, kind, scope, window and value; what it is not about is empty."""

_MOST_ROWS = 128
"""Of one statement: every SQLite takes 999 values, and a row has six."""

_PUT = "INSERT OR REPLACE INTO ledger VALUES "
_DROP = (
    "DELETE FROM ledger"
    " WHERE provider = ? AND account = ? AND kind = 'window' AND scope = ? AND window = ?"
)


class Change(Struct, frozen=True, gc=False):
    """What turns one ledger into its next: the rows to put, and the windows that are gone."""

    rows: tuple[_Row, ...]
    gone: tuple[tuple[str, str, str, str], ...]


def create(connection: sqlite3.Connection) -> None:
    """Make the table in an empty file."""
    connection.executescript(_SCHEMA)


def exist(connection: sqlite3.Connection) -> bool:
    """Tell whether the file has any tables: a new one has none."""
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def read(connection: sqlite3.Connection) -> dict[AccountKey, Ledger]:
    """Return every ledger. Raises: ValueError or sqlite3.Error when the file is broken."""
    windows: defaultdict[tuple[str, str, str], dict[str, Window]] = defaultdict(dict)
    for provider, account, scope, name, blob in _rows(connection, "window"):
        windows[provider, account, scope][name] = decode_window(blob)
    scopes: defaultdict[AccountKey, dict[str, Scope]] = defaultdict(dict)
    for provider, account, scope, _, blob in _rows(connection, "scope"):
        held = windows[provider, account, scope]
        scopes[provider, account][scope] = decode_scope(blob, held)
    return {
        (provider, account): decode_account(blob, scopes[provider, account])
        for provider, account, _, _, blob in _rows(connection, "account")
    }


def _rows(connection: sqlite3.Connection, kind: str) -> sqlite3.Cursor:
    return connection.execute(
        "SELECT provider, account, scope, window, value FROM ledger WHERE kind = ?", (kind,)
    )


def change(key: AccountKey, *, before: Ledger, after: Ledger) -> Change:
    """Return what makes the rows of *before* those of *after*, which has all its scopes.

    Raises: ValueError when they cannot be written.
    """
    rows = tuple((*key, *row) for row in _changed(before, after))
    for *names, _ in rows:
        "".join(names).encode()  # as SQLite will, but together with others' rows
    return Change(rows, tuple((*key, *place) for place in _gone(before, after)))


def write(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Make *changes*, of as many accounts, in one transaction.

    With as few statements as can be: SQLite lets go of the interpreter in each, and a busy event
    loop takes long to give it back.
    """
    rows = [row for one in changes for row in one.rows]
    gone = [place for one in changes for place in one.gone]
    connection.execute("BEGIN IMMEDIATE")
    try:
        for some in _portions(rows):
            places = ",".join(["(?,?,?,?,?,?)"] * len(some))
            connection.execute(_PUT + places, [*chain.from_iterable(some)])
        if gone:
            connection.executemany(_DROP, gone)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _portions(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    """Yield *rows* by powers of two: there are few such statements, so each is compiled once."""
    first, size = 0, _MOST_ROWS
    while first < len(rows):
        if size <= len(rows) - first:
            yield rows[first : first + size]
            first += size
        else:
            size //= 2


def _changed(before: Ledger, after: Ledger) -> Iterator[tuple[str, str, str, bytes]]:
    yield "account", "", "", encode_account(after)
    for name, scope in after.scopes.items():
        old = before.scopes.get(name)
        if old is not scope:
            yield "scope", name, "", encode_scope(scope)
            windows = old.windows if old else {}
            for one, window in scope.windows.items():
                if windows.get(one) is not window:
                    yield "window", name, one, encode_window(window)


def _gone(before: Ledger, after: Ledger) -> Iterator[tuple[str, str]]:
    for name, old in before.scopes.items():
        scope = after.scopes[name]
        if old is not scope:
            for one in old.windows:
                if one not in scope.windows:
                    yield name, one
