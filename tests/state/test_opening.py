"""Opening a state: whose it is, and what becomes of a file that cannot be used."""

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from exporter.errors import StartError, UsageError
from exporter.ledger import Ledger
from exporter.state import FileState, read_ledgers
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
    """A folder that is not there is named, also where a link leads into it."""
    gone = tmp_path / "nowhere"
    link = tmp_path / "link.db"
    link.symlink_to(gone / "state.db")
    for path in (gone / "state.db", link):
        with pytest.raises(StartError) as caught:
            FileState(path)
        assert str(caught.value) == (
            f"--storage.path: {path}: there is no directory {gone}; make it, or give another path"
        )


def test_folder_that_may_not_be_written_is_an_error_at_start() -> None:
    """A place where no file can be made is named, as the system refuses it."""
    with pytest.raises(StartError, match=r"^--storage\.path: /proc/state\.db\.lock: "):
        FileState(Path("/proc/state.db"))


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (Path.mkdir, "is a directory; give the path of a file"),
        (os.mkfifo, "is a pipe; give the path of a file"),
        (lambda path: path.symlink_to("/dev/null"), "is a device; give the path of a file"),
    ],
    ids=["directory", "pipe", "device"],
)
def test_what_is_no_file_is_wrong_use(path: Path, make: Callable[[Path], None], what: str) -> None:
    """A path to what is no file is refused by name, and nothing is made beside it."""
    make(path)
    with pytest.raises(UsageError) as caught:
        FileState(path)
    assert caught.value.mistakes == (f"--storage.path: {path}: {what}",)
    assert list(path.parent.iterdir()) == [path]
    assert not Path("/dev/null.lock").exists()


def test_link_that_the_system_does_not_follow(path: Path) -> None:
    """What may be otherwise at the next start is no wrong use."""
    path.symlink_to(path)
    expected = f"--storage.path: {path}: Too many levels of symbolic links"
    with pytest.raises(StartError, match=f"^{re.escape(expected)}$"):
        FileState(path)


def test_link_is_the_file_that_it_leads_to(path: Path) -> None:
    """By whatever name, one exporter at a time may write a state."""
    link = path.with_name("link.db")
    link.symlink_to(path.name)
    with state_at(path), pytest.raises(StartError, match=r"state\.db is in use"):
        FileState(link)
    with state_at(link) as state:
        commit(state, BORN)
    assert saved(path).born == BORN.born


def test_link_stays_when_its_file_is_set_aside(path: Path) -> None:
    """The file is renamed, where it is, and not the link to it."""
    path.write_bytes(b"not a database" * 100)
    link = path.parent / "links" / "state.db"
    link.parent.mkdir()
    link.symlink_to(path)
    with state_at(link) as state:
        assert state.set_aside
    assert list(path.parent.glob("state.db.broken-*"))
    assert list(link.parent.iterdir()) == [link]
    assert link.is_symlink()


@pytest.mark.parametrize("name", [":memory:", "file:state?mode=memory", "file:state.db"])
def test_name_that_means_something_to_sqlite_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A ledger that is said to be on disk is there, under the name that was given."""
    monkeypatch.chdir(tmp_path)
    with state_at(Path(name)) as state:
        commit(state, BORN)
    assert (tmp_path / name).is_file()
    assert saved(tmp_path / name).born == BORN.born
    assert read_ledgers(Path(name))[KEY].born == BORN.born


def test_file_that_somebody_writes_is_an_error_at_start(path: Path) -> None:
    """A file that another program keeps locked is named, not waited for for ever."""
    with state_at(path) as state:
        commit(state, BORN)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StartError, match="locked"):
            FileState(path, patience=0.0)


def test_file_that_sqlite_cannot_open_is_an_error_at_start(path: Path) -> None:
    """A file that may be whole is neither set aside nor begun anew."""
    with state_at(path) as state:
        commit(state, BORN)
    beside = path.with_name("state.db-wal")
    beside.mkdir()
    with pytest.raises(StartError, match=r"^--storage\.path: .*/state\.db: unable to open"):
        FileState(path)
    beside.rmdir()
    assert saved(path).born == BORN.born


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
