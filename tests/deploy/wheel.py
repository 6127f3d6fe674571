"""The wheel as users get it: built, and installed where nothing of the repository is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.judges import ROOT
from tests.e2e.programs import listening, process


def build(folder: Path) -> Path:
    """Build the wheel into *folder*, and return it."""
    _pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Make a virtual environment in *folder* with *wheel* alone, and return its Python."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments
    python = folder / "bin" / "python"
    _pip("--python", python, "install", wheel)
    return python


def _pip(*arguments: str | Path) -> None:
    """Run pip, which says nothing unless it fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 0, ended.stdout + ended.stderr


def run(program: Path, *arguments: str, folder: Path) -> str:
    """Run *program* in *folder*, and return what it printed."""
    ended = subprocess.run(  # noqa: S603 - our own arguments
        [program, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


@contextmanager
def demo(python: Path, log: Path) -> Iterator[str]:
    """Run the installed program on simulated accounts; yield the address that it listens on."""
    command = (python, "-I", "-m", "exporter", "demo", "--web.listen-address=127.0.0.1:0")
    with process(*command, log=log):
        yield listening(log)
