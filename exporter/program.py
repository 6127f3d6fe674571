"""The program and its commands, as click has to take them.

Where click would guess, we refuse: a single dash is no row of short flags. Flags may stand before a
command or after it.
"""

from itertools import groupby, takewhile

import click

from exporter.hint import did_you_mean
from exporter.output import blaming_output
from exporter.version import version_line

PROGRAM = "proxy-provider-exporter"
URL = "https://github.com/proxy-provider-exporter/proxy-provider-exporter"

_HELP = "-h"
"""The only flag with a single dash."""

SETTINGS = {"help_option_names": [_HELP, "--help"], "max_content_width": 100, "show_default": True}
"""How click is to treat every command."""

_SECTIONS = {
    "config": "Exporter",
    "storage": "Exporter",
    "web": "Web",
    "log": "Logging",
    "help": "Other",
    "version": "Other",
}
"""Under which heading the help has a flag, by the first part of its name; else under History."""


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
            with blaming_output():  # of the help and the version
                return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in _names(ctx.find_root()):
                where = "without a command" if ctx.parent is None else f"for {self.name}"
                message = f"{error.option_name} makes no sense {where}."
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
        """Parse, with flags before the command or after it; click takes -config for -c -o -n ..."""
        for word in takewhile(lambda word: word != "--", args):
            if word.startswith("-") and not word.startswith("--") and word not in ("-", _HELP):
                name = word.partition("=")[0]
                hint = did_you_mean(f"-{name}", _names(ctx))
                raise click.UsageError(f"No such option {name!r}{hint}", ctx)
        return super().parse_args(ctx, self._command_first(ctx, args))

    def _command_first(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return *args* with the command, if there is one, before all flags."""
        valued = _names(ctx) - {"--help", "--version"}
        words = iter(enumerate(args))
        for number, word in words:
            if word in self.commands:
                return [word, *args[:number], *args[number + 1 :]]
            if word in valued:
                next(words, None)
            elif not word.startswith("-"):
                break
        return args

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the commands, in the order they were written."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, and below them the flags."""
        self.format_commands(ctx, formatter)
        Command.format_options(self, ctx, formatter)


def _names(ctx: click.Context) -> set[str]:
    """Return the flags of the context's command and of those below it, as they are written."""
    below = ctx.command.commands.values() if isinstance(ctx.command, click.Group) else ()
    commands = (ctx.command, *below)
    return {name for one in commands for param in one.get_params(ctx) for name in param.opts}


def _section(param: click.Parameter) -> str:
    first = param.opts[-1].removeprefix("--").partition(".")[0]
    return _SECTIONS.get(first, "History")
