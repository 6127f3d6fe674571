"""Task: what to write, as the command line says it, and what that means."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from exporter.account import Account
from exporter.config import Config, parse_duration
from exporter.errors import UsageError
from exporter.hint import did_you_mean
from exporter.metrics import catalogue
from exporter.providers import TimeRange

STEP_SECONDS = 240.0
"""Between two samples: less than the 5 minutes that Prometheus looks back for one."""

_LABEL = re.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
"""A name that a user may give; those that begin with two underscores are Prometheus' own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The flags of the command, unread.

    *output* is None for standard output. *accounts* are written ``provider/name``, all when there
    are none. *since* and *end* are durations before now, or ISO dates. *labels* are written
    ``name=value``. *storage* is the state that tells where the live counters begin.
    """

    output: Path | None
    accounts: tuple[str, ...] = ()
    since: str | None = None
    end: str | None = None
    labels: tuple[str, ...] = ()
    storage: Path | None = None
    step: float = STEP_SECONDS


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a task means. *is_bounded*: the end was given."""

    accounts: tuple[Account, ...]
    span: TimeRange
    labels: tuple[tuple[str, str], ...]
    is_bounded: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """The labels that Prometheus adds to a scrape, as far as they were not given."""
        given = {name for name, _ in self.labels}
        return tuple(name for name in ("job", "instance") if name not in given)


def read_task(task: Task, config: Config, *, now: float) -> Wanted:
    """Return what *task* means at *now*.

    Raises: UsageError, with all mistakes.
    """
    mistakes: list[str] = []
    accounts = tuple(_pick(task.accounts, config.accounts, mistakes))
    labels = tuple(_read_labels(task.labels, mistakes))
    start = _read_moment("--since", task.since, now, mistakes)
    end = _read_moment("--end", task.end, now, mistakes)
    if task.end is None and task.storage is None:
        mistakes.append(
            "--end: is needed without --storage.path: give the exporter's state, or the time at"
            " which its counters began"
        )
    span = TimeRange(0.0 if start is None else start, now if end is None else min(end, now))
    if span.start >= span.end:
        mistakes.append("--since: is not before --end, nor before now")
    if mistakes:
        raise UsageError(mistakes)
    return Wanted(accounts, span, labels, is_bounded=task.end is not None)


def _pick(
    names: Iterable[str], accounts: Iterable[Account], mistakes: list[str]
) -> Iterator[Account]:
    known = {"/".join(account.key): account for account in accounts}
    for name in dict.fromkeys(names or known):
        if name in known:
            yield known[name]
        else:
            hint = did_you_mean(name, known) or f": there are {', '.join(known)}"
            mistakes.append(f"--account: no account is called {name}{hint}")


def _read_moment(flag: str, text: str | None, now: float, mistakes: list[str]) -> float | None:
    """Return a moment in Unix seconds; None when it was not given, or cannot be read."""
    if text is None:
        return None
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        mistakes.append(f"{flag}: write a duration such as 30d, or a date such as 2026-11-01")
        return math.nan


def _read_labels(texts: Iterable[str], mistakes: list[str]) -> Iterator[tuple[str, str]]:
    ours = {name for family in catalogue() for name in family.all_labels}
    seen: set[str] = set()
    for text in texts:
        name, _, value = text.partition("=")
        problem = _problem(name, value, ours, seen)
        if problem:
            mistakes.append(f"--label {name}: {problem}")
        else:
            seen.add(name)
            yield name, value


def _problem(name: str, value: str, ours: set[str], seen: set[str]) -> str | None:
    if not value:
        return "write it as name=value"
    if not _LABEL.fullmatch(name):
        return "is no name for a label"
    if name in ours:
        return "is set by the exporter itself"
    return "is given twice" if name in seen else None
