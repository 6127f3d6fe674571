"""Opening a state: whose it is, and what becomes of a file that cannot be used."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exporter.errors import StartError
from exporter.ledger import Ledger
from exporter.state import FileState
from tests.ledgers import hours, read
from tests.state.files import BORN, KEY, commit, saved, state_at


def test_second_process_is_refused(path: Path) -> None:
    """One exporter at a time may write a state."""
    with state_at(path), pytest.raises(StartError, match="in use by another exporter"):
        FileState(path)


def test_lock_ends_with_the_state(path: Path) -> None:
    """A state that was let go of can be held again, whether it could be read or not."""
    path.write_bytes(b"")
    for _ in range(2):
        with state_at(path):
            pass


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"x" * 4096]
)
def test_broken_file_is_set_aside(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be read is kept under another name, and said so."""
    path.write_bytes(content)
    with state_at(path) as state:
        assert state.set_aside
        commit(state, BORN)
    (aside,) = path.parent.glob("state.db.broken-*")
    assert aside.read_bytes() == content
    assert "set aside" in caplog.text
    assert saved(path).born == BORN.born


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ledger SET value = x'c1' WHERE kind = 'window'",
        "UPDATE ledger SET value = x'93' WHERE kind = 'scope'",
        "UPDATE ledger SET value = 'text' WHERE kind = 'account'",
    ],
)
def test_row_that_cannot_be_read_breaks_the_file(path: Path, damage: str) -> None:
    """A state whose rows are not ours is set aside as a whole: no counter is guessed."""
    with state_at(path) as state:
        commit(state, BORN)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    with state_at(path) as state:
        assert state.set_aside
        assert state.load(KEY) == Ledger()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(b"product_traffic", b"product_unknown"), (b"product_traffic", b"account_traffic")],
    ids=["family", "labels"],
)
def test_series_of_another_version_breaks_the_file(path: Path, ours: bytes, theirs: bytes) -> None:
    """A counter that this version does not know, or not with these labels, cannot be kept up."""
    with state_at(path) as state:
        commit(state, BORN)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT value FROM ledger WHERE kind = 'scope'").fetchone()
        renamed = found[0].replace(ours, theirs)
        connection.execute("UPDATE ledger SET value = ? WHERE kind = 'scope'", (renamed,))
        connection.commit()
    with state_at(path) as state:
        assert state.set_aside


def test_whole_file_is_not_set_aside(path: Path) -> None:
    """A state that can be read stays where it is."""
    with state_at(path) as state:
        commit(state, BORN)
    with state_at(path) as state:
        assert not state.set_aside
        assert state.persistent


def test_file_without_tables_is_filled(path: Path) -> None:
    """A process that died before it made the tables leaves nothing that has to be kept."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with state_at(path) as state:
        assert not state.set_aside


def test_newer_file_is_refused(path: Path) -> None:
    """A file of a newer exporter is neither read nor touched."""
    with state_at(path) as state:
        commit(state, BORN)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(StartError, match="newer exporter"):
        FileState(path)


def test_file_of_another_program_is_refused(path: Path) -> None:
    """A database of somebody else is neither read nor renamed."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StartError, match="another program"):
        FileState(path)
    assert [one.name for one in path.parent.glob("*.broken*")] == []


def test_missing_folder_is_an_error_at_start(tmp_path: Path) -> None:
    """A folder that is not there is named, before anything is polled."""
    with pytest.raises(StartError, match=r"nowhere.*No such file"):
        FileState(tmp_path / "nowhere" / "state.db")


def test_folder_in_place_of_the_file_is_an_error_at_start(path: Path) -> None:
    """A path that is no file is named."""
    path.mkdir()
    with pytest.raises(StartError, match=r"state\.db"):
        FileState(path)


def test_file_that_somebody_writes_is_an_error_at_start(path: Path) -> None:
    """A file that another program keeps locked is named, not waited for for ever."""
    with state_at(path) as state:
        commit(state, BORN)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StartError, match="locked"):
            FileState(path, patience=0.0)


def test_page_that_is_broken_is_found(path: Path) -> None:
    """A file whose pages contradict each other is set aside, though it can be opened."""
    many = read(*(hours({number: 5}, plan=str(number)) for number in range(400)))
    with state_at(path) as state:
        commit(state, many)
    with path.open("r+b") as file:
        # The page after the schema: the first cell of a tree no longer lies where it is said to.
        file.seek(4096 + 8)
        file.write(b"\x00\x01")
    with state_at(path) as state:
        assert state.set_aside
