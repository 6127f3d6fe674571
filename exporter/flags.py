"""The flags, in Prometheus' style, each a decorator that gives a command the flag.

Where click would guess, we refuse: the second of two values does not win, and a flag that follows
another is not its value.
"""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Generic, TypeVar

import click

from exporter import logs
from exporter.listen import parse_address

T = TypeVar("T")

Run = Callable[..., int | None]
"""What a command does with its flags; returns the exit code, if it is not always 0."""

_NO_PATH = re.compile(r"[\s?#{}]")
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


def _file(text: str) -> Path:
    if not text or text.startswith("--"):
        raise ValueError("expected the path of a file")
    return Path(text)


def _address(text: str) -> str:
    parse_address(text)
    return text


def _url_path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("has to begin with /")
    if text == "/config" or text.startswith("/-/"):
        raise ValueError("is a path that the exporter has for something else")
    if _NO_PATH.search(text):
        raise ValueError("may hold no space and none of ? # { }")
    return text


def _only(_ctx: click.Context, _param: click.Parameter, values: tuple[T, ...]) -> T | None:
    if len(values) > 1:
        raise click.BadParameter("it is given more than once.")
    return values[0] if values else None


def _flag(
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


config_file = _flag(
    "config.file=FILE",
    Checked(_file),
    meaning="The configuration, in YAML. Without it, accounts are made from environment variables:"
    " WEBSHARE_API_KEY, WEPROXIES_API_TOKEN, EVOMI_API_KEY.",
)

storage_path = _flag(
    "storage.path=FILE",
    Checked(_file),
    meaning="The file that keeps the counters over restarts; made when it is not there. Without it"
    " they begin at 0 with every start.",
)

listen_addresses = _flag(
    "web.listen-address=ADDRESS",
    Checked(_address),
    meaning="The address to serve on, as host:port or :port for every interface. May be given more"
    " than once.",
    default=":10190",
    repeatable=True,
)

simulator_address = _flag(
    "web.listen-address=ADDRESS",
    Checked(_address),
    meaning="The address to serve on, as host:port or :port for every interface.",
    default="127.0.0.1:10191",
)

telemetry_path = _flag(
    "web.telemetry-path=PATH",
    Checked(_url_path),
    meaning="The path to serve the metrics on.",
    default="/metrics",
)

web_config_file = _flag(
    "web.config.file=FILE",
    Checked(_file),
    meaning="TLS and passwords, in the format of Prometheus' exporter-toolkit. Without it, HTTP"
    " that is open to all who reach the address.",
)

state_path = _flag(
    "storage.path=FILE",
    Checked(_file),
    meaning="The exporter's state, which says where its counters began. It is only read, also while"
    " the exporter runs.",
)

account_names = _flag(
    "account=PROVIDER/NAME",
    click.STRING,
    meaning="An account to write; all of them without it. May be given more than once.",
    repeatable=True,
)

since = _flag(
    "since=WHEN",
    click.STRING,
    meaning="Where to begin: a duration before now such as 30d, or a date such as 2026-11-01."
    " Without it, as far back as the provider shows.",
)

end = _flag(
    "end=WHEN",
    click.STRING,
    meaning="Where to end, as for --since. Without it, where --storage.path says that the counters"
    " began.",
)

series_labels = _flag(
    "label=NAME=VALUE",
    click.STRING,
    meaning="A label that Prometheus adds when it scrapes: job and instance are needed. May be"
    " given more than once.",
    repeatable=True,
)

output = _flag(
    "output=FILE",
    Checked(_file),
    meaning="The file to write; - is standard output.",
    default="-",
)

_log_level = _flag(
    "log.level=LEVEL",
    click.Choice(tuple(logs.LEVELS)),
    meaning="The least level to log: debug, info, warn or error.",
    default="info",
)

_log_format = _flag(
    "log.format=FORMAT",
    click.Choice(logs.FORMATS),
    meaning="The format of the log: logfmt or json.",
    default="logfmt",
)

_FLAGS = (
    config_file,
    storage_path,
    listen_addresses,
    telemetry_path,
    web_config_file,
    account_names,
    since,
    end,
    series_labels,
    output,
    _log_level,
    _log_format,
)


def logging_flags(run: Run) -> Run:
    """Give a command the flags of the log, and set the log up before it runs."""

    @wraps(run)
    def logged(*, log_level: str, log_format: str, **values: object) -> int | None:
        logs.set_up(log_level, log_format)
        return run(**values)

    return _log_level(_log_format(logged))


def flags_table() -> str:
    """Return all flags as a table in Markdown."""
    command = click.Command(None)
    for flag in _FLAGS:
        flag(command)
    ctx = click.Context(command, show_default=True)
    rows = (_row(one, ctx) for one in command.params if isinstance(one, click.Option))
    return "\n".join(("| Flag | Default | Meaning |", "|---|---|---|", *rows))


def _row(option: click.Option, ctx: click.Context) -> str:
    preset = option.get_help_extra(ctx).get("default")
    shown = f"`{preset}`" if preset else ""
    return f"| `{option.opts[-1]}` | {shown} | {option.help} |"
