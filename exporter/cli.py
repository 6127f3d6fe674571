"""The program: parses the command line, runs a command, and says how it ended.

Exit codes: 0 done, 1 failed at run time, 2 wrong use or configuration.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from exporter import flags
from exporter.check_config import summary, web_summary
from exporter.config import Config, load
from exporter.errors import StartError, UsageError
from exporter.output import say
from exporter.program import PROGRAM, SETTINGS, Program
from exporter.providers import PROVIDERS
from exporter.state import open_state
from exporter.web_config import WebConfigFile

log = logging.getLogger(__name__)

FAILED = 1
MISUSED = 2
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""

_BACKFILL = (
    f"{PROGRAM} backfill --config.file=config.yml --storage.path=state.db --label=job={PROGRAM}"
    " --label=instance=localhost:10190 --output=history.om"
)

_EXAMPLES = f"""\
# see it work, without a key
{PROGRAM} demo
# run it
{PROGRAM} --config.file=config.yml --storage.path=state.db
# look for mistakes
{PROGRAM} check-config --config.file=config.yml
# try the keys
{PROGRAM} doctor --config.file=config.yml
# fill the dashboards with the past
{_BACKFILL}"""


@click.group(
    cls=Program,
    invoke_without_command=True,
    subcommand_metavar="[command]",
    context_settings=SETTINGS,
    epilog=_EXAMPLES,
)
@flags.config_file
@flags.storage_path
@flags.listen_addresses
@flags.telemetry_path
@flags.web_config_file
@flags.logging_flags
def program(
    config_file: Path | None,
    storage_path: Path | None,
    web_listen_address: tuple[str, ...],
    web_telemetry_path: str,
    web_config_file: Path | None,
) -> None:
    """Prometheus exporter for the usage, quota and health of commercial proxy accounts.

    Runs the exporter, or a command; each command has its own --help.
    """
    if click.get_current_context().invoked_subcommand:
        return
    from exporter import daemon

    daemon.ignore_hang_up()
    config, web_config = _load_both(partial(_load, config_file), _load_web, web_config_file)
    serving = daemon.Serving(web_listen_address, web_telemetry_path, web_config)
    with closing(open_state(storage_path)) as state:
        again = partial(_load, config_file, or_pipe=False)
        asyncio.run(daemon.Daemon(config, serving, state, again).run())


@program.command("check-config", epilog=f"{PROGRAM} check-config --config.file=config.yml")
@flags.config_file
@flags.web_config_file
def _check_config(config_file: Path | None, web_config_file: Path | None) -> None:
    """Check the configuration, and say what it means."""
    config, web = _load_both(
        partial(load, config_file, os.environ, PROVIDERS), WebConfigFile, web_config_file
    )
    say(summary(config, config_file, PROVIDERS))
    warnings = config.warnings
    if web is not None:
        say(web_summary(web.config, web.path))
        warnings += web.warnings
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


@program.command("once", epilog=f"{PROGRAM} once --config.file=config.yml")
@flags.config_file
@flags.storage_path
@flags.logging_flags
def _once(config_file: Path | None, storage_path: Path | None) -> int:
    """Poll everything once, and print the metrics."""
    from exporter import once

    config = _load(config_file)
    with closing(open_state(storage_path)) as state:
        return asyncio.run(once.run(config, state))


@program.command("demo", epilog=f"{PROGRAM} demo --web.listen-address=127.0.0.1:10190")
@flags.storage_path
@flags.listen_addresses
@flags.logging_flags
def _demo(storage_path: Path | None, web_listen_address: tuple[str, ...]) -> None:
    """Run the exporter on simulated accounts; needs no key."""
    from exporter import demo

    with closing(open_state(storage_path)) as state:
        asyncio.run(demo.run(web_listen_address, state))


@program.command("doctor", epilog=f"{PROGRAM} doctor --config.file=config.yml")
@flags.config_file
@flags.logging_flags
def _doctor(config_file: Path | None) -> int:
    """Try every account's key, and say what to fix."""
    from exporter import doctor

    return asyncio.run(doctor.run(_load(config_file)))


@program.command("backfill", epilog=_BACKFILL)
@flags.config_file
@flags.state_path
@flags.account_names
@flags.since
@flags.end
@flags.series_labels
@flags.output
@flags.logging_flags
def _backfill(  # noqa: PLR0913 - click gives each flag its own
    *,
    config_file: Path | None,
    storage_path: Path | None,
    account: tuple[str, ...],
    since: str | None,
    end: str | None,
    label: tuple[str, ...],
    output: Path,
) -> int:
    """Write the providers' history, for Prometheus to import."""
    from exporter import backfill

    task = backfill.Task(
        output=None if output == Path("-") else output,
        accounts=account,
        since=since,
        end=end,
        labels=label,
        storage=storage_path,
    )
    return asyncio.run(backfill.run(_load(config_file), task))


@program.command("simulate", epilog=f"{PROGRAM} simulate --web.listen-address=127.0.0.1:10191")
@flags.simulator_address
@flags.logging_flags
def _simulate(web_listen_address: str) -> None:
    """Serve the simulated APIs of the providers alone."""
    from exporter import demo

    demo.simulate(web_listen_address)


@program.command("list-metrics")
def _list_metrics() -> None:
    """Print every metric, with its labels and meaning."""
    from exporter.metrics_table import metrics_table

    say(metrics_table())


def _load(file: Path | None, *, or_pipe: bool = True) -> Config:
    config = load(file, os.environ, PROVIDERS, or_pipe=or_pipe)
    for warning in config.warnings:
        log.warning(warning)
    return config


def _load_both(
    main: Callable[[], Config], web: Callable[[Path], WebConfigFile], web_file: Path | None
) -> tuple[Config, WebConfigFile | None]:
    """Load the configuration and that of the web; the mistakes of one do not hide the other's."""
    mistakes: list[str] = []
    web_config = None
    try:
        web_config = None if web_file is None else web(web_file)
    except UsageError as error:
        mistakes.extend(error.mistakes)
    try:
        config = main()
    except UsageError as error:
        raise UsageError([*error.mistakes, *mistakes]) from None
    if mistakes:
        raise UsageError(mistakes)
    return config, web_config


def _load_web(file: Path) -> WebConfigFile:
    web_config = WebConfigFile(file)
    for warning in web_config.warnings:
        log.warning(warning)
    return web_config


def main(argv: Sequence[str] | None = None, *, command: click.Command = program) -> int:
    """Run the program with *argv*, by default the process's own, and return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        code = _run(command, arguments)
    except click.UsageError as error:
        hint = f"Run `{PROGRAM} --help` for the flags and commands."
        return _complain([_error(error.format_message()), hint], code=MISUSED)
    except UsageError as error:
        return _complain(error.mistakes, code=MISUSED)
    except StartError as error:
        return _complain([_error(error)], code=FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED  # and nothing said: whoever read our output has enough
    return code


def _run(command: click.Command, arguments: Sequence[str]) -> int:
    """Do what click's own main does, but leave all errors and the exit to ours."""
    try:
        with command.make_context(PROGRAM, list(arguments)) as ctx:
            code: int = command.invoke(ctx) or 0
    except click.exceptions.Exit as end:
        return end.exit_code
    return code


def _complain(lines: Sequence[str], *, code: int) -> int:
    for line in lines:
        click.echo(line, err=True)
    return code


def _error(what: object) -> str:
    return f"{PROGRAM}: error: {what}"
