"""Flag: one flag in Prometheus' style, a decorator that gives a command the flag.

Where click would guess, we refuse: the second of two values does not win, and a flag that follows
another is not its value.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import click

from exporter.listen import parse_address

T = TypeVar("T")

Run = Callable[..., int | None]
"""What a command does with its flags; returns the exit code, if it is not always 0."""

_NO_PATH = re.compile(r"[\s?#%{}]")
"""What no request has in its path, or what would stand for more than one path."""

F = TypeVar("F", bound=Run | click.Command)


class Checked(click.ParamType[T], Generic[T]):
    """A value that *parse* takes, or refuses by ValueError with a message for the user."""

    name = "checked"

    def __init__(self, parse: Callable[[str], T]) -> None:
        self._parse = parse

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """Return what *value* stands for."""
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


def file_path(text: str) -> Path:
    """Return *text* as the path of a file.

    Raises: ValueError.
    """
    if not text or text.startswith("--"):
        raise ValueError("expected the path of a file")
    return Path(text)


def listen_address(text: str) -> str:
    """Return *text*, an address to listen on.

    Raises: ValueError.
    """
    parse_address(text)
    return text


def url_path(text: str) -> str:
    """Return *text*, a path that is free to serve the metrics on.

    Raises: ValueError.
    """
    if not text.startswith("/"):
        raise ValueError("has to begin with /")
    if text == "/config" or text.startswith("/-/"):
        raise ValueError("is a path that the exporter has for something else")
    if _NO_PATH.search(text):
        raise ValueError("may hold no space and none of ? # % { }")
    return text


def _only(_ctx: click.Context, _param: click.Parameter, values: tuple[T, ...]) -> T | None:
    if len(values) > 1:
        raise click.BadParameter("it is given more than once.")
    return values[0] if values else None


def flag(
    written: str,
    kind: click.ParamType[T],
    *,
    meaning: str,
    default: str | None = None,
    repeatable: bool = False,
) -> Callable[[F], F]:
    """Return the decorator that gives a command a flag, *written* as ``name=METAVAR``.

    Every flag is repeatable to click: it would take the last of two values, and we none.
    """
    name, _, metavar = written.partition("=")
    return click.option(
        f"--{name}",
        name.replace(".", "_").replace("-", "_"),
        type=kind,
        metavar=metavar,
        help=meaning,
        default=None if default is None else [default],
        multiple=True,
        callback=None if repeatable else _only,
    )
