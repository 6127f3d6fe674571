"""The judges: programs that say whether a file is right."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BIN = Path(sys.executable).parent


def judge(name: str) -> str:
    """Return the path of the program *name*; skips the test by its name."""
    found = shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed (make tools)")
    return found


def verdict(name: str, *arguments: str | Path) -> tuple[int, str]:
    """Run the judge *name* in the repository, and return its exit code and all that it said."""
    command = [judge(name), *map(str, arguments)]
    ended = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return ended.returncode, ended.stdout


def altered(file: Path, folder: Path, old: str, new: str) -> Path:
    """Return a copy of *file* in *folder* with *new* for *old*, which has to be there."""
    text = file.read_text("utf-8")
    assert old in text
    copy = folder / file.name
    copy.write_text(text.replace(old, new), "utf-8")
    return copy
