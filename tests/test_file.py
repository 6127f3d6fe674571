import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.errors import FileError
from exporter.file import follow_links, read_file


def _directory(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _nothing(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "expected", "is_there"),
    [
        (_directory, "is a directory; give the path of a file", True),
        (_pipe, "is a pipe; give the path of a file", True),
        (_socket, "is a socket; give the path of a file", True),
        (_device, "is a device; give the path of a file", True),
        (_loop, "cannot be read: Too many levels of symbolic links", True),
        (_nothing, "there is no such file", False),
    ],
)
def test_what_is_no_file(
    tmp_path: Path, make: Callable[[Path], None], expected: str, *, is_there: bool
) -> None:
    """What is no file is refused at once, in words that do not have its path."""
    path = tmp_path / "it"
    make(path)
    with pytest.raises(FileError) as caught:
        read_file(path)
    assert (str(caught.value), caught.value.is_there) == (expected, is_there)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_directory, "is a directory; give the path of a file"),
        (_pipe, "is a pipe; give the path of a file"),
        (_socket, "is a socket; give the path of a file"),
        (_device, "is a device; give the path of a file"),
    ],
)
def test_link_to_what_is_no_file(
    tmp_path: Path, make: Callable[[Path], None], expected: str
) -> None:
    """A link is followed to what is no file, which is refused."""
    make(tmp_path / "it")
    (tmp_path / "link").symlink_to("it")
    with pytest.raises(FileError) as caught:
        follow_links(tmp_path / "link")
    assert str(caught.value) == expected


def test_links_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path leads to its file, or to where one can be made, through links and from anywhere."""
    (tmp_path / "there").touch()
    (tmp_path / "to-there").symlink_to("there")
    (tmp_path / "to-nothing").symlink_to("nothing")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "to-link").symlink_to("../to-there")
    monkeypatch.chdir(tmp_path / "links")
    ways = ("to-link", "../to-there", "../there", "../to-nothing", "../nothing")
    led = [follow_links(Path(way)) for way in ways]
    assert led == [tmp_path / "there"] * 3 + [tmp_path / "nothing"] * 2


@pytest.mark.parametrize("name", ["nul\0", "x" * 300, "file/below"])
def test_path_that_cannot_be(tmp_path: Path, name: str) -> None:
    """A path that no file can have leads to nothing."""
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="there is no such file") as caught:
        read_file(tmp_path / name)
    assert not caught.value.is_there


@pytest.mark.parametrize("content", ["größe\n".encode(), b"\xef\xbb\xbf" + "größe\n".encode()])
def test_text(tmp_path: Path, content: bytes) -> None:
    """A file holds UTF-8, with or without the mark that Windows begins it with."""
    path = tmp_path / "file"
    path.write_bytes(content)
    path.chmod(0o604)
    file = read_file(path)
    assert (file.text, file.mode) == ("größe\n", 0o604)


def test_no_text(tmp_path: Path) -> None:
    """What is no UTF-8 is no text."""
    path = tmp_path / "file"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(FileError, match=r"^is not UTF-8 text$"):
        _ = read_file(path).text
