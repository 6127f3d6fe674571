"""Journal: the exporter's log, read for when each collector began and ended to fail."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.witness import Collector

FAILED, UNSUPPORTED, RECOVERED = "poll failed", "collector not supported", "poll recovered"

_POLL = re.compile(
    rf'msg="({FAILED}|{UNSUPPORTED}|{RECOVERED})" provider=(\S+) account=(\S+) collector=(\S+)'
)

_LIFE = re.compile(r"msg=(listening|stopping)\b")
"""What else a run has to say."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What was said of each collector, in order, and the lines that are about nothing of that."""

    said: Mapping[Collector, Sequence[str]]
    others: Sequence[str]

    @property
    def lines(self) -> int:
        """How many lines are about polls."""
        return sum(map(len, self.said.values()))

    def repeated(self) -> list[str]:
        """Name the collectors of which something was said that was known already."""
        return [
            f"{'/'.join(collector)}: {before} -> {now}"
            for collector, messages in self.said.items()
            for before, now in zip((RECOVERED, *messages), messages, strict=False)
            if before == now
        ]


def read(text: str) -> Journal:
    """Return what the log in *text* says."""
    said: defaultdict[Collector, list[str]] = defaultdict(list)
    others = []
    for line in text.splitlines():
        if found := _POLL.search(line):
            message, provider, account, collector = found.groups()
            said[provider, account, collector].append(message)
        elif not _LIFE.search(line):
            others.append(line)
    return Journal(said, others)
