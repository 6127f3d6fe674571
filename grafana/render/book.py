"""Book: what scrapes have shown, each with its time, as OpenMetrics that promtool imports."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import IO

JOB, INSTANCE = "proxy-provider-exporter", "localhost:10190"
"""What Prometheus adds to every sample: as the example of its configuration has them."""

_SAMPLE = re.compile(r"^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$")


class Book:
    """Keeps every family's samples in a file of its own, since OpenMetrics wants them together."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._files: dict[str, IO[str]] = {}

    def enter(self, body: str, at: float) -> int:
        """Take down what a scrape showed, and return how many samples that was."""
        family, count = "", 0
        for line in body.splitlines():
            if line.startswith("#"):
                kind, _, rest = line.removeprefix("# ").partition(" ")
                family = rest.split(" ")[0]
                if kind == "TYPE" and family not in self._files:
                    self._open(family, line)
            elif found := _SAMPLE.match(line):
                self._write(family, found[1], found[2] or "", found[3], at)
                count += 1
        return count

    def enter_gauge(self, name: str, value: float, at: float) -> None:
        """Take down what Prometheus itself adds to a scrape."""
        if name not in self._files:
            self._open(name, f"# TYPE {name} gauge")
        self._write(name, name, "", repr(value), at)

    def bind(self, out: Path) -> None:
        """Put all families into one file."""
        with out.open("w") as whole:
            for file in self._files.values():
                file.seek(0)
                whole.writelines(file)
            whole.write("# EOF\n")

    def _open(self, family: str, head: str) -> None:
        self._files[family] = self._stack.enter_context((self._folder / family).open("w+"))
        self._files[family].write(head + "\n")

    def _write(self, family: str, name: str, labels: str, value: str, at: float) -> None:
        where = f'job="{JOB}",instance="{INSTANCE}"'
        more = f",{labels}" if labels else ""
        self._files[family].write(f"{name}{{{where}{more}}} {value} {at:.0f}\n")
