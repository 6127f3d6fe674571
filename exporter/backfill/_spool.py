"""Spool: the lines of each family in a file of its own, joined in the end.

A family has to stand in one block, while accounts come one by one: so memory holds one account at a
time, however many there are.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import BinaryIO, Self, TextIO

from exporter.errors import StartError
from exporter.exposition import END, Format, escape_label, head
from exporter.metrics import Family, catalogue
from exporter.output import standard_output


def series_start(family: Family, labels: Mapping[str, str]) -> str:
    """Return what the lines of a series begin with, up to the value."""
    pairs = ",".join(f'{name}="{escape_label(value)}"' for name, value in labels.items())
    return f"{family.name}{{{pairs}}} "


def timestamp(milliseconds: int) -> str:
    """Return a moment as OpenMetrics has it: in seconds."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds}.{rest:03}" if rest else str(seconds)


class Spool:
    """The lines of each family, in a folder that goes with the context."""

    def __init__(self, output: Path | None) -> None:
        self._output = output
        self._stack = ExitStack()
        self._files: dict[Family, TextIO] = {}
        self._folder = Path()

    def __enter__(self) -> Self:
        # Beside the output there is room for it; a common temporary folder may be in memory.
        beside = None
        if self._output is not None and not _is_device(self._output):
            beside = self._output.absolute().parent
        with _blaming(self._output):
            folder = TemporaryDirectory(prefix=".backfill-", dir=beside)
        self._folder = Path(self._stack.enter_context(folder))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def write(self, family: Family, start: str, run: Iterable[tuple[int, int]]) -> int:
        """Add one series, whose lines begin with *start*; return the number of its samples.

        Raises: StartError when there is no room.
        """
        count = 0
        with _blaming(self._output):
            file = self._file(family)
            for count, (at, value) in enumerate(run, 1):  # noqa: B007 - the last one is returned
                file.write(f"{start}{value} {timestamp(at)}\n")
        return count

    def _file(self, family: Family) -> TextIO:
        if family not in self._files:
            path = self._folder / family.name
            file = self._stack.enter_context(path.open("w+", encoding="utf-8", newline="\n"))
            self._files[family] = file
        return self._files[family]

    def join(self) -> None:
        """Write everything to the output, as one exposition.

        A file appears under its name once it is whole. Raises: StartError when it cannot.
        """
        if self._output is None:
            with standard_output() as out:
                self._join(out.buffer)
            return
        with _blaming(self._output), _replacing(self._output) as file:
            self._join(file)

    def _join(self, file: BinaryIO) -> None:
        for family in catalogue():
            if family in self._files:
                file.write(head(family, Format.OPENMETRICS).encode())
                lines = self._files.pop(family)
                lines.seek(0)
                shutil.copyfileobj(lines.buffer, file, 2**20)
                lines.truncate(0)  # a second copy of everything may not fit on the disk
        file.write(END.encode())
        file.flush()


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


@contextmanager
def _blaming(output: Path | None) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StartError(f"--output: {output or '-'}: {error.strerror}") from error


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of the one at *path* in the end; a device is written to."""
    if _is_device(path):
        with path.open("wb") as device:
            yield device
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
