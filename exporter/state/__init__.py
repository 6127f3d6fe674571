"""State: where the ledgers are kept between two polls, and between two runs."""

from pathlib import Path

from exporter.state._file import FileState
from exporter.state._memory import MemoryState
from exporter.state._readers import read_ledgers
from exporter.state._state import State


def open_state(path: Path | None) -> State:
    """Return the state at *path*, or one that ends with the process when there is no path.

    Raises: UsageError when something else is there, StartError when it cannot be had.
    """
    return MemoryState() if path is None else FileState(path)


__all__ = ["FileState", "MemoryState", "State", "open_state", "read_ledgers"]
