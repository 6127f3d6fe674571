"""Journal: the exporter's log, read for when each collector began and ended to fail."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.chaos.witness import Collector

FAILED, UNSUPPORTED, RECOVERED = "poll failed", "collector not supported", "poll recovered"

_POLL = re.compile(
    r"ts=(\S+) .*"
    rf'msg="({FAILED}|{UNSUPPORTED}|{RECOVERED})" provider=(\S+) account=(\S+) collector=(\S+)'
)

_LIFE = re.compile(r"msg=(listening|stopping)\b")
"""What else a run has to say."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What was said of each collector, in order, and the lines that are about no collector."""

    said: Mapping[Collector, Sequence[str]]
    others: Sequence[str]
    last_at: Mapping[Collector, float]
    """When the last thing was said, in Unix seconds."""

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
    others, last_at = [], {}
    for line in text.splitlines():
        if found := _POLL.search(line):
            at, message, *place = found.groups()
            collector: Collector = (place[0], place[1], place[2])
            said[collector].append(message)
            last_at[collector] = datetime.fromisoformat(at).timestamp()
        elif not _LIFE.search(line):
            others.append(line)
    return Journal(said, others, last_at)
