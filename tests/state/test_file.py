import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec import structs

from exporter.errors import StateError
from exporter.ledger import Ledger
from tests.ledgers import hours, read, value, with_floor
from tests.state.files import BORN, FOLDED, GROWN, KEY, commit, saved, state_at


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


def test_windows_share_their_keys(path: Path) -> None:
    """What is equal in all windows is held once, also of those that were there before."""
    with state_at(path) as state:
        commit(state, BORN)
    scopes = [one.scopes["1"] for one in (BORN, GROWN, saved(path))]
    highs = [window.highs for scope in scopes for window in scope.windows.values()]
    highs += [one for scope in scopes for one in scope.baseline.values()]
    assert len(highs) > 7
    assert len({id(key) for some in highs for key in some}) == 1


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


def remove(path: Path) -> None:
    """Remove the file, and all that belongs to it."""
    for one in path.parent.glob("state.db*"):
        one.unlink()


def replace(path: Path) -> None:
    """Put a copy in the place of the file, as who restores a backup."""
    copy = path.with_name("copy.db")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.replace(path)


@pytest.mark.parametrize(
    ("lose", "error"),
    [(remove, "No such file or directory"), (replace, "the file was replaced by another")],
)
def test_file_that_is_gone_keeps_nothing(
    path: Path, lose: Callable[[Path], None], error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What would end with the process is not said to be on disk."""
    with state_at(path) as state:
        commit(state, BORN)
        lose(path)
        for _ in range(2):
            with pytest.raises(StateError, match=error):
                commit(state, GROWN)
        assert (state.persistent, state.commit_failures) == (False, 2)
        assert value(state.load(KEY)) == value(BORN)
    assert [one.message for one in caplog.records] == [
        "state cannot be written: counters stand still"
    ]


def test_file_that_is_put_back_is_written_again(path: Path) -> None:
    """The file that was moved away is known when it returns."""
    with state_at(path) as state:
        commit(state, BORN)
        path.rename(path.with_name("elsewhere.db"))
        with pytest.raises(StateError):
            commit(state, GROWN)
        path.with_name("elsewhere.db").rename(path)
        commit(state, GROWN)
        assert state.persistent
    assert value(saved(path)) == value(GROWN)
