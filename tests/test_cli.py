import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

import click
import httpx
import pytest
import trustme

from exporter.cli import main
from exporter.errors import StartError, UsageError
from exporter.flags import logging_flags
from exporter.metrics_table import metrics_table
from exporter.simulator import demo_world
from exporter.version import version_line
from tests.commands import configured
from tests.web_config.stage import Folder, tls, trusting

PATIENCE = 60.0
"""Seconds until something that has to happen is given up: generous, as machines are shared."""

SCRIPT = Path(sys.executable).with_name("proxy-provider-exporter")

pytestmark = pytest.mark.usefixtures("_logging")


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Iterator[str]:
    with configured(demo_world(time.time()), tmp_path) as flag:
        yield flag


def _stub(callback: Callable[..., int]) -> click.Command:
    return click.Command("stub", callback=callback)


@contextmanager
def _ended_when_it_answers(authority: trustme.CA | None = None) -> Iterator[str]:
    """Give an address; as soon as somebody answers there, tell this process to end by SIGTERM.

    When nobody does in time, Ctrl-C it. Asks by HTTPS if there is an *authority* to trust.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "127.0.0.1:{1}".format(*free.getsockname())
    over = threading.Event()
    ask = partial(httpx.get, f"http://{address}")
    if authority is not None:
        ask = partial(httpx.get, f"https://{address}", verify=trusting(authority))
    thread = threading.Thread(target=_end_when_it_answers, args=(ask, over))
    thread.start()
    try:
        yield address
    finally:
        over.set()
        thread.join()


def _end_when_it_answers(ask: Callable[[], httpx.Response], over: threading.Event) -> None:
    end = time.monotonic() + PATIENCE
    while not over.wait(0.02):
        try:
            ask()
        except httpx.TransportError:
            if time.monotonic() > end:
                os.kill(os.getpid(), signal.SIGINT)
                return
        else:
            os.kill(os.getpid(), signal.SIGTERM)
            return


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake goes to stderr, with the way to the help, and the code is 2."""
    assert main(["--log.level=info", "onse"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err == (
        "proxy-provider-exporter: error: No such command 'onse'. Did you mean 'once'?\n"
        "Run `proxy-provider-exporter --help` for the flags and commands.\n"
    )


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError(["a: b", "c: d"]), 2, "a: b\nc: d\n"),
        (StartError("port"), 1, "proxy-provider-exporter: error: port\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_end_of_a_command(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """How a command fails decides the code and what is said of it."""

    def fail() -> int:
        raise error

    assert code == main([], command=_stub(fail))
    assert ("", message) == capsys.readouterr()


def test_code_of_a_command() -> None:
    """What a command returns is the program's exit code."""
    assert main([], command=_stub(lambda: 7)) == 7


def test_logging_flags() -> None:
    """The log is set up as the flags say before the command runs."""

    @click.command
    @logging_flags
    def command() -> int:
        return logging.getLogger().level

    assert main(["--log.level=debug"], command=command) == logging.DEBUG


def test_process() -> None:
    """The installed program takes its own arguments, and its code is the process's."""
    done = [
        subprocess.run([SCRIPT, flag], capture_output=True, check=False, text=True)  # noqa: S603 - our own arguments
        for flag in ("--version", "-version")
    ]

    assert [one.returncode for one in done] == [0, 2]
    assert done[0].stdout == f"{version_line()}\n"
    assert "did you mean --version?" in done[1].stderr


def test_run_and_its_end(config: str) -> None:
    """Without a command the exporter runs until it is told to end, which is a success."""
    with _ended_when_it_answers() as address:
        assert main([config, f"--web.listen-address={address}"]) == 0


def test_run_without_standard_output(config: str) -> None:
    """The exporter prints nothing, so it needs no standard output, as daemons may have none."""
    with _ended_when_it_answers() as address, redirect_stdout(None):
        assert main([config, f"--web.listen-address={address}"]) == 0


def test_run_on_a_taken_port(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """That a port is taken is said in one line, and the code is 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:{1}".format(*taken.getsockname())
        assert main([config, f"--web.listen-address={address}"]) == 1

    assert capsys.readouterr().err == (
        f"proxy-provider-exporter: error: cannot listen on {address}:"
        " the port is taken; is it running already? --web.listen-address takes another\n"
    )


def test_doctor(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys that work are a success."""
    assert main(["doctor", config]) == 0
    assert "All accounts work (2).\n" in capsys.readouterr().out


def test_demo(capsys: pytest.CaptureFixture[str]) -> None:
    """The demo needs no configuration, and says where it is."""
    with _ended_when_it_answers() as address:
        assert main(["demo", f"--web.listen-address={address}"]) == 0
    assert f"Metrics     http://{address}/metrics\n" in capsys.readouterr().out


def test_simulate(capsys: pytest.CaptureFixture[str]) -> None:
    """The simulator alone serves where it is told to, and says so."""
    with _ended_when_it_answers() as address:
        assert main([f"--web.listen-address={address}", "simulate"]) == 0
    assert f"http://{address}\n" in capsys.readouterr().out


def test_simulate_on_a_taken_port(capsys: pytest.CaptureFixture[str]) -> None:
    """That a port is taken is said as the exporter says it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:{1}".format(*taken.getsockname())
        assert main(["simulate", f"--web.listen-address={address}"]) == 1

    assert capsys.readouterr().err == (
        f"proxy-provider-exporter: error: cannot listen on {address}:"
        " the port is taken; is it running already? --web.listen-address takes another\n"
    )


def test_warnings_of_the_configuration(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the configuration has that deserves a warning is logged."""
    path = Path(config.partition("=")[2])
    (account, *_) = json.loads(path.read_text())["accounts"]
    key = tmp_path / "key"
    key.write_text(account.pop("api_key"))
    key.chmod(0o644)
    path.write_text(json.dumps({"accounts": [account | {"api_key_file": "key"}]}))

    assert main(["doctor", config]) == 0
    logged = capsys.readouterr().err
    assert "level=warn logger=cli" in logged
    assert "lets others read the key" in logged


def test_backfill_without_an_end(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where neither a state nor a flag says where to end, the user is told."""
    assert main([config, "--since=2d", "backfill"]) == 2
    assert "--end: is needed without --storage.path" in capsys.readouterr().err


def test_list_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of metrics goes to stdout."""
    assert main(["list-metrics"]) == 0
    assert f"{metrics_table()}\n" == capsys.readouterr().out


def test_run_with_a_web_configuration(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exporter runs with what is right, warns of what is not wise, and refuses the rest."""
    folder = Folder(tmp_path)
    folder.certify()
    (tmp_path / "server.key").chmod(0o644)
    folder.configure(tls_server_config=tls())
    with _ended_when_it_answers(folder.authority) as address:
        listen = f"--web.listen-address={address}"
        assert main([config, listen, f"--web.config.file={folder.file}"]) == 0
    logged = capsys.readouterr().err
    assert "lets others read the key" in logged
    assert f"address={address} scheme=https" in logged

    (tmp_path / "server.crt").unlink()
    assert main([config, listen, f"--web.config.file={folder.file}"]) == 2
    assert "server.crt: there is no such file" in capsys.readouterr().err


def test_mistakes_of_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The mistakes of the configuration hide none of the web configuration's."""
    (tmp_path / "config.yml").write_text("accounts: 1", "utf-8")
    (tmp_path / "web.yml").write_text("tls_server_config: 1", "utf-8")
    files = (
        f"--config.file={tmp_path / 'config.yml'}",
        f"--web.config.file={tmp_path / 'web.yml'}",
    )
    for command in (["check-config", *files], list(files)):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert "config.yml: accounts: " in said
        assert "web.yml: tls_server_config: " in said


@pytest.mark.parametrize(
    "line", ["list-metrics", "--help", "--version"], ids=["much", "help", "little"]
)
def test_reader_that_hangs_up(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A reader of the output that has enough is no reason to complain, now or at the end."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", encoding="utf-8") as out, redirect_stdout(out):  # noqa: PTH123 - a pipe
        assert main([line]) == 1
        print("more", flush=True)  # noqa: T201 - what Python still had to write

    assert capsys.readouterr() == ("", "")
