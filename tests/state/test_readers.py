import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.errors import StartError, UsageError
from exporter.ledger import Ledger
from exporter.state import FileState, read_ledgers
from tests.ledgers import value
from tests.state.files import BORN, GROWN, KEY, commit, state_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the state is, in a folder whose name needs escaping."""
    folder = tmp_path / "50% of a #?"
    folder.mkdir()
    return folder / "state.db"


def names(path: Path) -> set[str]:
    """Return the names of the files around the state."""
    return {one.name for one in path.parent.iterdir()}


def test_ledgers_are_read_while_the_exporter_runs(path: Path) -> None:
    """What was committed is seen at once, and the writer goes on."""
    with state_at(path) as state:
        commit(state, BORN)
        before = names(path)
        assert read_ledgers(path)[KEY].born == BORN.born
        commit(state, GROWN)
        assert value(read_ledgers(path)[KEY]) == value(GROWN) > 0
        assert names(path) == before


def test_ledgers_are_read_when_the_exporter_is_stopped(path: Path) -> None:
    """The file is read as it is, and nothing is left beside it."""
    with state_at(path) as state:
        commit(state, BORN, GROWN)
    before, content = names(path), path.read_bytes()
    assert value(read_ledgers(path)[KEY]) == value(GROWN)
    assert (names(path), path.read_bytes()) == (before, content)


def test_baselines_are_what_they_were_at_birth(path: Path) -> None:
    """Growth does not move them."""
    with state_at(path) as state:
        commit(state, BORN, GROWN)
    assert read_ledgers(path)[KEY].scopes["1"].baseline == BORN.scopes["1"].baseline != {}


def test_empty_file_has_no_ledgers(path: Path) -> None:
    """SQLite takes an empty file for an empty database."""
    path.touch()
    assert read_ledgers(path) == {}


def newer(path: Path) -> None:
    """Make the state one of a newer version."""
    FileState(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def foreign(path: Path) -> None:
    """Make the file another program's."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE song (title TEXT)")
    connection.close()


def garbage(path: Path) -> None:
    """Make the file no database."""
    path.write_bytes(b"not a database" * 100)


def unknown_rows(path: Path) -> None:
    """Put a row into the state that cannot be read."""
    with state_at(path) as state:
        commit(state, Ledger())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE ledger SET value = x'00'")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (newer, "newer exporter .* upgrade"),
        (foreign, "another program"),
        (garbage, "cannot be read: file is not a database"),
        (unknown_rows, "cannot be read: the state holds a row"),
        (lambda _: None, "is not there: run the exporter with it first"),
    ],
    ids=["newer", "foreign", "garbage", "unknown-rows", "missing"],
)
def test_what_is_no_state_is_refused(
    path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    """The message says what the file is and names the flag; the file is not set aside."""
    spoil(path)
    before = names(path)
    with pytest.raises(StartError, match=rf"^--storage\.path: .*{message}"):
        read_ledgers(path)
    assert names(path) == before


def test_folder_is_wrong_use(path: Path) -> None:
    """A folder where the state should be is refused by name, as it is by the exporter."""
    path.mkdir()
    with pytest.raises(UsageError, match=r"^--storage\.path: .*/state\.db: is a directory"):
        read_ledgers(path)


def test_link_leads_to_what_was_just_committed(path: Path) -> None:
    """What the exporter keeps beside its file is found beside that, not beside the link."""
    link = path.parent / "links" / "state.db"
    link.parent.mkdir()
    link.symlink_to(path)
    with state_at(path) as state:
        commit(state, BORN)
        assert read_ledgers(link)[KEY].born == BORN.born
