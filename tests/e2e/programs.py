"""The programs that the end-to-end tests run, each a process that ends with its context."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until something that has to happen is given up: generous, as machines are shared."""

EXPORTER = str(Path(sys.executable).with_name("proxy-provider-exporter"))


def tool(name: str) -> str:
    """Return the path of a program that is not Python's; skips the test by its name."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (sh tests/install-tools.sh)")
    return found


def until(find: Callable[[], T | None], what: str) -> T:
    """Ask *find* again and again, until it returns something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextmanager
def process(*command: str | Path, log: Path, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with its output in *log*; end it with the context."""
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - our own arguments
            list(map(str, command)),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": str(log.parent), **_coverage(), **environ},
        )
        try:
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                child.wait(timeout=PATIENCE)


def _coverage() -> dict[str, str]:
    """Return the variables by which coverage.py measures child processes, when it runs."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def listening(log: Path) -> str:
    """Return the address that the exporter says it listens on."""

    def find() -> str | None:
        found = re.search(r"msg=listening address=(\S+)", log.read_text("utf-8"))
        return found[1] if found else None

    return until(find, f"the exporter listens: {log.read_text('utf-8')}")


@contextmanager
def exporter(config: Path, *flags: str, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the installed exporter; yield its process and the URL that it answers at."""
    command = (EXPORTER, f"--config.file={config}", "--web.listen-address=127.0.0.1:0", *flags)
    with process(*command, log=log) as child:
        yield child, f"http://{listening(log)}"


@contextmanager
def prometheus(
    folder: Path,
    jobs: dict[str, str],
    rules: Sequence[Path] = (),
    *,
    alertmanager: str | None = None,
    access: Mapping[str, object] | None = None,
) -> Iterator["Prometheus"]:
    """Run a real Prometheus that scrapes *jobs* (name to host and port) every second.

    What fires is sent to *alertmanager*, a host and port. *access* is what each of its scrape
    configurations has besides.
    """
    folder.mkdir(exist_ok=True)
    scrapes = [
        {"job_name": name, "static_configs": [{"targets": [target]}], **(access or {})}
        for name, target in jobs.items()
    ]
    everything = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    files = list(map(str, rules))
    managers = [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
    config = {
        "global": everything,
        "scrape_configs": scrapes,
        "rule_files": files,
        "alerting": {"alertmanagers": managers},
    }
    (folder / "prometheus.yml").write_text(json.dumps(config), "utf-8")
    port = free_port()
    command = (
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with process(*command, log=folder / "prometheus.log"):
        running = Prometheus(f"http://127.0.0.1:{port}")
        until(running.is_ready, "Prometheus is ready")
        yield running


class Prometheus:
    """A Prometheus that runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def is_ready(self) -> bool:
        """Tell whether it answers queries."""
        try:
            return httpx.get(f"{self.url}/-/ready").is_success
        except httpx.TransportError:
            return False

    def samples(self, selector: str) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """Return the labels of every series in a range selector, and all its samples as stored."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": selector}, timeout=60)
        assert answer.json()["status"] == "success", answer.text
        return [
            (one["metric"], [(at, float(value)) for at, value in one["values"]])
            for one in answer.json()["data"]["result"]
        ]

    def query(self, expression: str, *labels: str) -> dict[tuple[str, ...], float]:
        """Return what an instant query finds, by the values of *labels*."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        return {
            tuple(one["metric"].get(label, "") for label in labels): float(one["value"][1])
            for one in answer["data"]["result"]
        }
