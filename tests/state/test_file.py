import asyncio
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec import structs

from exporter.errors import StartError, StateError
from exporter.ledger import Ledger
from exporter.state import FileState
from tests.ledgers import hours, owned, read, value, with_floor

KEY = ("webshare", "main")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the state is to be."""
    return tmp_path / "state.db"


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


BORN = read(owned(hours({100: 5, 101: 7}), "1"))
GROWN = read(hours({101: 9, 102: 3}, at=102), ledger=BORN)
FOLDED = read(with_floor(hours({102: 8}, at=150), "102"), ledger=GROWN)


def test_windows_share_their_keys(path: Path) -> None:
    """What is equal in all windows is held once, also of those that were there before."""
    with state_at(path) as state:
        commit(state, BORN)
    scopes = [one.scopes["1"] for one in (BORN, GROWN, saved(path))]
    highs = [window.highs for scope in scopes for window in scope.windows.values()]
    highs += [one for scope in scopes for one in scope.baseline.values()]
    assert len(highs) > 7
    assert len({id(key) for some in highs for key in some}) == 1


def test_ledger_outlives_the_process(path: Path) -> None:
    """What was committed is there after a restart, floors and identity included."""
    with state_at(path) as state:
        commit(state, BORN, GROWN, FOLDED)
    ledger = saved(path)
    assert value(ledger) == value(FOLDED) == 10
    assert ledger.owners == {"plan": {"1"}}
    assert set(ledger.scopes["1"].windows) == {"102"}


def test_unknown_account_has_an_empty_ledger(path: Path) -> None:
    """An account that was never committed begins anew."""
    assert saved(path) == Ledger()


def test_many_rows_are_one_commit(path: Path) -> None:
    """More windows than go into one statement are all written, and all folded again."""
    many = read(hours(dict.fromkeys(range(100, 700), 5)))
    fewer = read(with_floor(hours({699: 8}, at=800), "699"), ledger=many)
    with state_at(path) as state:
        commit(state, many)
    assert saved(path).scopes["1"].windows == many.scopes["1"].windows
    with state_at(path) as state:
        commit(state, fewer)
    assert set(saved(path).scopes["1"].windows) == {"699"}


def test_only_what_changed_is_written(path: Path) -> None:
    """A window that did not change is not written again."""
    with state_at(path) as state:
        commit(state, BORN)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE ledger SET value = x'00' WHERE window = '100'")
            connection.commit()
        commit(state, GROWN)
    with closing(sqlite3.connect(path)) as connection:
        rows = dict(connection.execute("SELECT window, value FROM ledger").fetchall())
    assert rows["100"] == b"\0"
    assert rows["101"] != b"\0"


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


def wal_size(path: Path) -> int:
    """Return how large the write-ahead log is, in bytes."""
    return Path(f"{path}-wal").stat().st_size


@contextmanager
def full_disk(at: int) -> Iterator[None]:
    """Let no file of this process grow beyond *at* bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_full_disk_is_seen_and_survived(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A commit that fails changes nothing, is counted, and is made good by the next one."""
    caplog.set_level("INFO")
    with state_at(path) as state:
        commit(state, BORN)
        with full_disk(wal_size(path)), pytest.raises(StateError):
            commit(state, GROWN)
        persistent = [state.persistent]
        assert state.commit_failures == 1
        assert value(state.load(KEY)) == value(BORN)
        commit(state, FOLDED)
        persistent.append(state.persistent)
    assert persistent == [False, True]
    assert value(saved(path)) == value(FOLDED)
    assert [one.message for one in caplog.records] == [
        "state cannot be written: counters stand still",
        "state is on disk again",
    ]


def test_failure_is_logged_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that stays full fills no log."""
    with state_at(path) as state:
        commit(state, BORN)
        with full_disk(wal_size(path)):
            for _ in range(3):
                with pytest.raises(StateError):
                    commit(state, GROWN)
        assert state.commit_failures == 3
    assert len(caplog.records) == 1


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


def test_scope_that_did_not_change_is_not_written(path: Path) -> None:
    """A commit touches the rows of what an answer was about, and no others."""
    both = read(hours({100: 5}), hours({100: 5}, plan="2"))
    grown = read(hours({100: 9}, plan="2"), hours({100: 9}, plan="2"), ledger=both)
    unchanged = structs.replace(grown, scopes={**grown.scopes, "1": both.scopes["1"]})
    with state_at(path) as state:
        commit(state, both)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DELETE FROM ledger WHERE kind = 'scope' AND scope = '1'")
            connection.commit()
        commit(state, unchanged)
    with closing(sqlite3.connect(path)) as connection:
        scopes = connection.execute("SELECT scope FROM ledger WHERE kind = 'scope'")
        assert scopes.fetchall() == [("2",)]
