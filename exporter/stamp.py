"""Stamp: what changes with a file, so that it is read again only then."""

from pathlib import Path

Stamp = tuple[int, ...] | None
"""Equal as long as the file is the same; None while there is none that can be looked at."""


def stamp_of(file: Path) -> Stamp:
    """Return the stamp of *file*, links followed: a link that was moved is a file that changed.

    So is one whose owner or mode changed: it may be one that we can read only now.
    """
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
