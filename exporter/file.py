"""File: what a file that the user names holds.

A pipe is read once, by who may wait for its other end: what is followed as it changes has to be a
regular file.
"""

import errno
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from exporter.errors import FileError

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_OTHERS = 0o007
"""The bits of a file's mode that let everyone at it.

The group may read: so it is with Kubernetes' Secrets, whose owner is root and whose group is ours.
"""

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when it was read."""

    content: bytes
    mode: int
    """Who may do what with it, as ``chmod`` takes it."""

    @property
    def text(self) -> str:
        """What it says. Raises: FileError when it is no text."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FileError("is not UTF-8 text") from None


def read_file(path: Path, *, or_pipe: bool = False) -> File:
    """Return the file at *path*; with *or_pipe*, what a pipe there brings is one, too.

    Raises: FileError, without the path: what is no file may be a key in the wrong place.
    """
    try:
        mode = path.stat().st_mode
        if not (or_pipe and stat.S_ISFIFO(mode)):
            _refuse_other_kinds(mode)
        return File(path.read_bytes(), mode & 0o777)
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise FileError("there is no such file", is_there=False) from None
        raise FileError(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise FileError("there is no such file", is_there=False) from None


def exposure(mode: int, what: str) -> str | None:
    """Return what to say of *mode*, which lets everyone read *what*; None when it does not."""
    if not mode & _OTHERS:
        return None
    advice = "chmod 600, unless its folder is closed to them"
    return f"its mode {mode:04o} lets others read {what}: {advice}"


def follow_links(path: Path) -> Path:
    """Return the absolute path that *path* leads to: of a file, or of none as yet.

    Raises: FileError, without the path, when something else is there; OSError.
    """
    with suppress(FileNotFoundError):
        _refuse_other_kinds(path.stat().st_mode)
    return path.resolve()


def _refuse_other_kinds(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise FileError(f"is {_KINDS[stat.S_IFMT(mode)]}; give the path of a file")
