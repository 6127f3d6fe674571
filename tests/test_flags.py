import re
from pathlib import Path

import click
import pytest

from exporter.cli import main, program
from exporter.flags import flags_table
from exporter.program import PROGRAM, SETTINGS, Command, Program
from exporter.version import version_line

Asked = tuple[str | None, dict[str, object]]
"""The command that was asked for, and its flags by the names of its parameters."""

COMMANDS = program.commands

NAMES = ("", *COMMANDS)
"""What one types to get each command: nothing for the run."""


OWN_PATHS = ("/config", "/-/", "/-/healthy", "/-/ready", "/-/reload", "/-/metrics")

NO_PATHS = ("/m?x", "/m#x", "/%6d", "/{m", "/m}", "/{m}", "/a b", "/m\t", "/m\n", "/m\u00a0")


def _ask(line: str) -> Asked:
    """Return what *line* asks for, by a copy of the program whose commands do nothing."""
    asked: list[Asked] = []

    def note(**values: object) -> None:
        ctx = click.get_current_context()
        if not ctx.invoked_subcommand:
            asked.append((ctx.info_name, values))

    copy = Program(
        params=program.params,
        callback=note,
        commands=[
            Command(name, params=one.params, callback=note) for name, one in COMMANDS.items()
        ],
        invoke_without_command=True,
        context_settings=SETTINGS,
    )
    with copy.make_context("run", line.split()) as ctx:
        copy.invoke(ctx)
    (only,) = asked
    return only


@pytest.mark.parametrize(
    ("line", "command", "flag", "value"),
    [
        ("", "run", "config_file", None),
        ("", "run", "storage_path", None),
        ("", "run", "web_listen_address", (":10190",)),
        ("", "run", "web_telemetry_path", "/metrics"),
        ("", "run", "log_level", "info"),
        ("", "run", "log_format", "logfmt"),
        ("--config.file=a.yml", "run", "config_file", Path("a.yml")),
        ("--config.file a.yml", "run", "config_file", Path("a.yml")),
        ("--storage.path=a=b", "run", "storage_path", Path("a=b")),
        ("--web.telemetry-path=/m", "run", "web_telemetry_path", "/m"),
        ("--web.telemetry-path=/", "run", "web_telemetry_path", "/"),
        ("--web.telemetry-path=/config/m", "run", "web_telemetry_path", "/config/m"),
        ("--log.format=json", "run", "log_format", "json"),
        (
            "--web.listen-address=:1 --web.listen-address=[::1]:2",
            "run",
            "web_listen_address",
            (":1", "[::1]:2"),
        ),
        ("--log.level=warn once", "once", "log_level", "warn"),
        ("once --log.level warn", "once", "log_level", "warn"),
        ("--log.level warn once", "once", "log_level", "warn"),
        ("--log.level=warn once --config.file=a.yml", "once", "log_level", "warn"),
        ("--log.level=warn once --config.file=a.yml", "once", "config_file", Path("a.yml")),
        ("--config.file once once", "once", "config_file", Path("once")),
        ("demo --web.listen-address=:1", "demo", "web_listen_address", (":1",)),
        (
            "--web.listen-address=:1 demo --web.listen-address=:2",
            "demo",
            "web_listen_address",
            (":1", ":2"),
        ),
        ("simulate", "simulate", "web_listen_address", "127.0.0.1:10191"),
        ("backfill --output -", "backfill", "output", Path("-")),
        ("--web.listen-address=:1 simulate", "simulate", "web_listen_address", ":1"),
    ],
)
def test_flags(line: str, command: str, flag: str, value: object) -> None:
    """Flags are taken with = or a space, before a command or after it."""
    asked, values = _ask(line)
    assert (command, value) == (asked, values[flag])


NEAR_BOTH = (
    "No such option '--config'. (Did you mean one of: '--config.file', '--web.config.file'?)"
)


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("-config.file x", "No such option '-config.file'; did you mean --config.file?"),
        ("-config.file=x", "No such option '-config.file'; did you mean --config.file?"),
        ("once -config.file=x", "No such option '-config.file'; did you mean --config.file?"),
        ("-version", "No such option '-version'; did you mean --version?"),
        ("-x", "No such option '-x'"),
        ("--config=x", NEAR_BOTH),
        ("once --config=x", "No such option '--config'. Did you mean '--config.file'?"),
        ("--x=y", "No such option '--x'."),
        ("-- -x", "No such option '-x'"),
        ("onse", "No such command 'onse'. Did you mean 'once'?"),
        ("once demo", "Got unexpected extra argument (demo)"),
        ("--log.level", "Option '--log.level' requires an argument."),
        ("--version=1", "Option '--version' does not take a value."),
        ("list-metrics --log.level=info", "--log.level makes no sense for list-metrics."),
        ("--log.level=info list-metrics", "--log.level makes no sense for list-metrics."),
        (
            "--storage.path=x simulate --log.level=info",
            "--storage.path makes no sense for simulate.",
        ),
    ],
)
def test_words_that_are_refused(line: str, mistake: str) -> None:
    """What cannot be meant is refused, with what may have been, and never guessed."""
    with pytest.raises(click.UsageError) as caught:
        _ask(line)
    assert mistake == caught.value.format_message()


@pytest.mark.parametrize(
    ("line", "flag", "mistake"),
    [
        ("--config.file=", "config.file", "'': expected the path of a file"),
        ("--config.file --help", "config.file", "'--help': expected the path of a file"),
        ("--storage.path=", "storage.path", "'': expected the path of a file"),
        ("--storage.path=a --storage.path=b", "storage.path", "it is given more than once."),
        ("--storage.path=a once --storage.path=b", "storage.path", "it is given more than once."),
        ("--log.level=", "log.level", "'' is not one of 'debug', 'info', 'warn', 'error'."),
        ("--log.level=wrn", "log.level", "'wrn' is not one of 'debug', 'info', 'warn', 'error'."),
        ("--log.format=xml", "log.format", "'xml' is not one of 'logfmt', 'json'."),
        ("--web.telemetry-path=", "web.telemetry-path", "'': has to begin with /"),
        ("--web.telemetry-path=m", "web.telemetry-path", "'m': has to begin with /"),
        ("--web.listen-address=1", "web.listen-address", "'1': expected host:port, as in :1"),
        (
            "simulate --web.listen-address=:1 --web.listen-address=:2",
            "web.listen-address",
            "it is given more than once.",
        ),
    ],
)
def test_values_that_are_refused(line: str, flag: str, mistake: str) -> None:
    """A wrong value is refused with its flag and what was expected; none may be empty."""
    with pytest.raises(click.BadParameter) as caught:
        _ask(line)
    assert f"Invalid value for '--{flag}': {mistake}" == caught.value.format_message()


@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        *((one, "is a path that the exporter has for something else") for one in OWN_PATHS),
        *((one, "may hold no space and none of ? # % { }") for one in NO_PATHS),
    ],
)
def test_telemetry_paths_that_are_refused(
    path: str, mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that could never be answered, or would hide another page, is wrong use."""
    assert main([f"--web.telemetry-path={path}"]) == 2
    message = f"Invalid value for '--web.telemetry-path': {path!r}: {mistake}\n"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("line", ["--version", "once --version", "--version once"])
def test_version(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The version is printed to stdout, with any command, and nothing is run."""
    assert main(line.split()) == 0
    assert (f"{version_line()}\n", "") == capsys.readouterr()


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", NAMES)
def test_help_has_the_flags(command: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help goes to stdout; it has the flags of the command, and no others."""
    assert main([*command.split(), flag]) == 0

    out, err = capsys.readouterr()
    shown = set(re.findall(r"^  (?:-h, )?(--\S+)", out, re.MULTILINE))
    params = COMMANDS.get(command, program).params
    assert {"--help", "--version"} | {one.opts[-1] for one in params} == shown
    assert not err


def test_help_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what the program is, has the commands, the flags by section, and examples."""
    monkeypatch.setenv("COLUMNS", "80")
    main(["--help"])

    lines = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Commands:", "Exporter:", "Web:", "Logging:", "Other:", "Examples:"]
    assert lines[0] == "Usage: proxy-provider-exporter [flags] [command]"
    assert "  once          Poll everything once, and print the metrics." in lines
    assert lines[-1].startswith("Documentation: https://")


@pytest.mark.parametrize("command", NAMES)
@pytest.mark.parametrize("width", [60, 80, 200])
def test_width_of_help(
    command: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Help fits the terminal, and stays readable on a wide one; what one copies is not broken."""
    monkeypatch.setenv("COLUMNS", str(width))
    main([*command.split(), "--help"])

    lines = capsys.readouterr().out.splitlines()
    prose = [line for line in lines if PROGRAM not in line]
    assert max(map(len, prose)) <= min(width, 100)
    assert "..." not in "".join(lines)


@pytest.mark.parametrize("command", NAMES)
def test_examples(command: str) -> None:
    """The examples of the help are right."""
    examples = (COMMANDS.get(command, program).epilog or "").splitlines()

    for example in examples:
        assert example.startswith("# ") or _ask(example.removeprefix(PROGRAM))


def test_flags_table() -> None:
    """The table has a row for every flag of any command, with its default and its meaning."""
    head, _, *rows = flags_table().splitlines()

    commands = (program, *COMMANDS.values())
    flags = [row.split("`")[1] for row in rows]
    assert set(flags) == {name for one in commands for param in one.params for name in param.opts}
    assert len(flags) == len(set(flags))
    assert head == "| Flag | Default | Meaning |"
    assert "| `--web.telemetry-path` | `/metrics` | The path to serve the metrics on. |" in rows
