"""Child: a process that is measured from outside, and ends with its context."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 120.0
"""Seconds until something that has to happen is given up."""

_PROCESS_CLOCK = 2
"""The kernel's clock of all that a process ever ran (CPUCLOCK_SCHED, ``posix-timers.h``)."""

_CLOCK_ID_SHIFT = 3


class Child:
    """A process that was started. Its CPU and memory are those of its whole tree."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def cpu(self) -> float:
        """Seconds of CPU since it began, exact to the scheduler's clock."""
        pids = self._tree()
        return sum(time.clock_gettime(~pid << _CLOCK_ID_SHIFT | _PROCESS_CLOCK) for pid in pids)

    @property
    def rss(self) -> float:
        """Resident memory in MiB."""
        return sum(_status(pid, "VmRSS") for pid in self._tree()) / 2**10

    @property
    def peak_rss(self) -> float:
        """The most resident memory that it ever had, in MiB: what a limit has to allow."""
        return sum(_status(pid, "VmHWM") for pid in self._tree()) / 2**10

    def _tree(self) -> Iterator[int]:
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._process.args!r} ended too early")
        yield from _tree(self._process.pid)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def hear(self) -> str:
        """Wait for its next line."""
        assert self._process.stdout is not None  # noqa: S101 - it was opened as a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended too early")
        return line.strip()

    def ask(self, what: str) -> str:
        """Send it a line, and return what it answers."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self.hear()


@contextmanager
def run(*command: str | Path, log: Path, **environ: str) -> Iterator[Child]:
    """Start *command*, with its errors in *log*, and end it with the context."""
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **environ},
        )
    try:
        yield Child(process)
    finally:
        process.terminate()
        process.communicate()


def python(module: str, *arguments: object) -> tuple[str, ...]:
    """Return the command that runs a module of ours."""
    return (sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments))


def say(line: object) -> None:
    """Send a line to the parent."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def await_port(port: int) -> None:
    """Return as soon as somebody listens on *port*."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.002)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended has no children
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _status(pid: int, field: str) -> int:
    """Return a number of KiB that the kernel tells of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
