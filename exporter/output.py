"""Output: what a command prints, and what is said when standard output does not take it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from exporter.errors import StartError


def say(text: str) -> None:
    """Print *text*, at once. Raises: as ``standard_output`` does."""
    with standard_output() as out:
        print(text, file=out)


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Give standard output to write to, and flush it in the end.

    Raises: StartError when it cannot be written; BrokenPipeError when its reader has enough.
    """
    if sys.stdout is None:  # as Python has it when the process was started without
        raise StartError("standard output: it is closed")
    with blaming_output():
        yield sys.stdout
        sys.stdout.flush()


@contextmanager
def blaming_output() -> Iterator[None]:
    """Take every OSError within for one of standard output.

    Raises: as ``standard_output`` does.
    """
    try:
        yield
    except OSError as error:
        _discard()
        if isinstance(error, BrokenPipeError):
            raise
        raise StartError(f"standard output: {error.strerror}") from error


def _discard() -> None:
    """Let go of what is still buffered.

    It has to go somewhere when Python ends (docs of ``signal``, on SIGPIPE).
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
