"""Standard output that cannot be written."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from exporter.cli import main
from exporter.errors import StartError
from exporter.output import blaming_output, say, standard_output
from exporter.simulator import demo_world
from tests.commands import configured

SCRIPT = Path(sys.executable).with_name("proxy-provider-exporter")

ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""Python buffers, and so has something to write when it ends."""


@pytest.fixture(scope="module", name="config")
def _config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with configured(demo_world(time.time()), tmp_path_factory.mktemp("config")) as flag:
        yield flag


def run(line: str, redirection: str) -> tuple[int, str]:
    """Run the program as a shell does; return its code, and the last that it says."""
    done = subprocess.run(  # noqa: S603 - our own arguments
        ["/bin/sh", "-c", f'exec "$0" {line} {redirection}', SCRIPT],
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        env=ENVIRON,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [(">/dev/full", "No space left on device"), (">&-", "it is closed")],
    ids=["full", "closed"],
)
@pytest.mark.parametrize(
    "line",
    ["list-metrics", "check-config {}", "doctor {}", "once {} --log.level=error"],
    ids=lambda line: line.partition(" ")[0],
)
def test_output_that_cannot_be_written(
    line: str, redirection: str, reason: str, config: str
) -> None:
    """One line says what is wrong, and nothing follows when Python ends."""
    said = f"proxy-provider-exporter: error: standard output: {reason}\n"
    assert run(line.format(config), redirection) == (1, said)


@pytest.mark.parametrize("flag", ["--help", "--version", "once --help"])
def test_help_that_cannot_be_written(flag: str) -> None:
    """What click prints is no other matter."""
    said = "proxy-provider-exporter: error: standard output: No space left on device\n"
    assert run(flag, ">/dev/full") == (1, said)


def test_reader_of_the_simulator_that_hangs_up(capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody reads is no error of the address."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out, redirect_stdout(out):
        assert main(["simulate", "--web.listen-address=127.0.0.1:0"]) == 1
    assert "cannot listen" not in capsys.readouterr().err


def test_history_that_cannot_be_written(config: str) -> None:
    """The history is no other matter either."""
    line = f"backfill {config} --since=2d --end=1d --label=job=j --label=instance=i"
    code, said = run(line, ">/dev/full")
    assert code == 1
    assert said == "proxy-provider-exporter: error: standard output: No space left on device\n"


def test_what_is_said_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of text goes to standard output."""
    say("so")
    assert capsys.readouterr() == ("so\n", "")


def test_what_is_buffered_is_let_go() -> None:
    """After an error, there is nothing left that could fail again."""
    with open("/dev/full", "w", encoding="utf-8") as out, redirect_stdout(out):  # noqa: PTH123 - a device
        with pytest.raises(StartError, match=r"^standard output: No space left on device$"):
            say("more than there is room for")
        out.flush()


def test_output_that_is_closed() -> None:
    """Python has no standard output where the process was started without one."""
    with (
        redirect_stdout(None),
        pytest.raises(StartError, match=r"^standard output: it is closed$"),
        standard_output(),
    ):
        pass


def test_other_errors_are_no_matter_of_the_output() -> None:
    """What is no error of the system passes as it is."""
    with pytest.raises(KeyError), blaming_output():
        raise KeyError


def test_command_that_prints_nothing_needs_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake is told where standard output is closed, too."""
    with redirect_stdout(None):
        assert main(["once", "--config.file=/nowhere/config.yml"]) == 2
    assert "there is no such file" in capsys.readouterr().err
