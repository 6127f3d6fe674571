import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.stamp import stamp_of

AT = (1_795_000_000_000_000_000,) * 2


def _rewrite(file: Path) -> None:
    file.write_text("def")
    os.utime(file, ns=AT)


def _move(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("abc")
    os.utime(other, ns=AT)
    other.replace(file)


def _permit(file: Path) -> None:
    file.chmod(0o640)


@pytest.mark.parametrize("change", [_rewrite, _move, _permit, Path.unlink])
def test_change(tmp_path: Path, change: Callable[[Path], object]) -> None:
    """What happens to a file shows, though its size and its time of change stay."""
    file = tmp_path / "file"
    file.write_text("abc")
    os.utime(file, ns=AT)
    link = tmp_path / "link"
    link.symlink_to(file)
    before = stamp_of(link)
    born = file.stat().st_ctime_ns
    while _time_of(tmp_path) == born:
        pass
    change(file)
    assert stamp_of(link) != before


def _time_of(folder: Path) -> int:
    """Return the time that the file system has now: it moves in steps of milliseconds."""
    (folder / "probe").touch()
    return (folder / "probe").stat().st_ctime_ns


def test_same(tmp_path: Path) -> None:
    """A file that nothing happens to keeps its stamp, however often it is read."""
    file = tmp_path / "file"
    file.write_text("abc")
    before = stamp_of(file)
    file.read_text()
    assert stamp_of(file) == before


@pytest.mark.parametrize("name", ["none", "nul\0"])
def test_no_file(tmp_path: Path, name: str) -> None:
    """What is not there has none."""
    assert stamp_of(tmp_path / name) is None
