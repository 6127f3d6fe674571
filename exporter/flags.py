"""The command line: the flags, and how click has to take them.

Flags are in Prometheus' style, before a command or after it. Where click would guess, we refuse: a
single dash is no row of short flags, the second of two values does not win, and a flag that follows
another is not its value.
"""

from collections.abc import Callable
from functools import wraps
from itertools import groupby, takewhile
from pathlib import Path
from typing import Generic, TypeVar

import click

from exporter import logs
from exporter.hint import did_you_mean
from exporter.listen import parse_address
from exporter.version import version_line

T = TypeVar("T")

Run = Callable[..., int | None]
"""What a command does with its flags; returns the exit code, if it is not always 0."""

F = TypeVar("F", bound=Run | click.Command)

PROGRAM = "proxy-provider-exporter"
URL = "https://github.com/proxy-provider-exporter/proxy-provider-exporter"

_HELP = "-h"
"""The only flag with a single dash."""

SETTINGS = {"help_option_names": [_HELP, "--help"], "max_content_width": 100, "show_default": True}
"""How click is to treat every command."""

_SECTIONS = {"config": "Exporter", "storage": "Exporter", "web": "Web", "log": "Logging"}
"""Under which heading the help has a flag, by the first part of its name; else under Other."""


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

_FLAGS = (config_file, storage_path, listen_addresses, telemetry_path, _log_level, _log_format)


def logging_flags(run: Run) -> Run:
    """Give a command the flags of the log, and set the log up before it runs."""

    @wraps(run)
    def logged(*, log_level: str, log_format: str, **values: object) -> int | None:
        logs.set_up(log_level, log_format)
        return run(**values)

    return _log_level(_log_format(logged))


def _print_version(ctx: click.Context, _param: click.Parameter, asked: object) -> None:
    if asked:
        click.echo(version_line())
        ctx.exit()


_VERSION = click.Option(
    ["--version"],
    help="Print the version and exit.",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
)


class Command(click.Command):
    """A command whose help has its flags in sections; *epilog* holds examples, one a line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and tell a flag of the exporter that is not the command's from no flag at all."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in _names(ctx.find_root()):
                message = f"{error.option_name} makes no sense for {self.name}."
                raise click.UsageError(message, ctx) from error
            raise

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters; every command has --help and --version."""
        return [*super().get_params(ctx), _VERSION]

    def get_short_help_str(self, _limit: int = 0) -> str:
        """Return what the list of commands says of this one: all of it, however narrow."""
        return self.help or ""

    def collect_usage_pieces(self, _ctx: click.Context) -> list[str]:
        """Return what follows the name in the usage line."""
        return ["[flags]"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the flags, section by section."""
        for title, params in groupby(self.get_params(ctx), key=_section):
            with formatter.section(title):
                formatter.write_dl(filter(None, (one.get_help_record(ctx) for one in params)))

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, and where there is more to read."""
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write_text(f"\b\n{self.epilog}")
        formatter.write(f"\nDocumentation: {URL}\n")


class Program(click.Group, Command):
    """The group: its own flags are those of the run, which is what it does without a command."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse up to the command, if there is one; click takes -config for -c -o -n ..."""
        ctx.obj = tuple(args)
        for word in takewhile(lambda word: word != "--", args):
            if word.startswith("-") and not word.startswith("--") and word != _HELP:
                name = word.partition("=")[0]
                hint = did_you_mean(f"-{name}", _names(ctx))
                raise click.UsageError(f"No such option {name!r}{hint}", ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command and its words: also those that were before it."""
        before = ctx.obj[: -len(args)]
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, [*before, *rest]

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the commands, in the order they were written."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, and below them the flags."""
        self.format_commands(ctx, formatter)
        Command.format_options(self, ctx, formatter)


def _names(ctx: click.Context) -> set[str]:
    """Return the flags of the context's command, as they are written."""
    return {name for param in ctx.command.get_params(ctx) for name in param.opts}


def _section(param: click.Parameter) -> str:
    first = param.opts[-1].removeprefix("--").partition(".")[0]
    return _SECTIONS.get(first, "Other")


def flags_table() -> str:
    """Return all flags as a table in Markdown."""
    command = Command(None)
    for flag in _FLAGS:
        flag(command)
    ctx = click.Context(command, show_default=True)
    rows = (_row(one, ctx) for one in command.get_params(ctx) if isinstance(one, click.Option))
    return "\n".join(("| Flag | Default | Meaning |", "|---|---|---|", *rows))


def _row(option: click.Option, ctx: click.Context) -> str:
    preset = option.get_help_extra(ctx).get("default")
    shown = f"`{preset}`" if preset else ""
    return f"| `{option.opts[-1]}` | {shown} | {option.help} |"
