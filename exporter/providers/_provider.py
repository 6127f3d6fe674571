"""What a provider is.

A provider reads: it does not log, sleep, retry, know a clock of its own, or set the labels
``provider`` and ``account``. ``fetch`` does the I/O and nothing else, ``parse`` is pure.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from exporter.api import AT_A_TIME, Api
from exporter.errors import AmountError, AuthError, DeadlineError, PollError, RateLimitError
from exporter.ledger import Ledger
from exporter.metrics import Family, Sample
from exporter.reading import Reading, Statement
from exporter.secret import Secret

A = TypeVar("A")
T = TypeVar("T")


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options of a provider that has none."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a poll knows besides the API: the time there, the account's options and its ledger.

    *now* is in Unix seconds by the provider's clock, as far as earlier answers told it.
    """

    now: float
    options: object
    ledger: Ledger

    def options_as(self, kind: type[T]) -> T:
        """Return the options as the provider declares them."""
        if not isinstance(self.options, kind):
            raise TypeError(f"options are {type(self.options).__name__}, not {kind.__name__}")
        return self.options


@dataclass(frozen=True, slots=True)
class Report:
    """What a poll found out.

    *parts* are gauges by what was asked for (a plan, a product, a period): a part that failed is in
    *failures* instead, and keeps what it last had. *statement* goes to the ledger.
    """

    parts: Mapping[str, tuple[Sample, ...]]
    failures: Mapping[str, PollError] = field(default_factory=dict)
    statement: Statement | None = None


Poll = Callable[[Api, Context], Awaitable[Report]]
"""Asks a provider once. Raises PollError when there is nothing to report."""


def reads(fetch: Callable[[Api, Context], Awaitable[A]], parse: Callable[[A], Report]) -> Poll:
    """Join the two halves of a collector: *fetch* does the I/O, *parse* is pure."""

    async def poll(api: Api, context: Context) -> Report:
        return parse(await fetch(api, context))

    return poll


@dataclass(frozen=True, slots=True)
class Collector:
    """One thing polled on one interval, in seconds.

    The account is up while its *required* collectors succeed. *families* are those that it yields
    samples or readings of; no other collector of the provider has them.
    """

    name: str
    interval: float
    poll: Poll
    families: tuple[Family, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From *start* up to *end*, in Unix seconds by the provider's clock."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBucket:
    """What was used in one scope from *start* up to *end*, in Unix seconds.

    *window* is the id of the ledger's window that it is, None when the ledger has others; *slack*
    is then as in ScopeReading.
    """

    scope: str
    start: float
    end: float
    readings: tuple[Reading, ...]
    window: str | None = None
    slack: float = 0.0


History = Callable[[Api, Context, TimeRange], AsyncIterator[HistoryBucket]]
"""Yields what the provider remembers of a time range, in any order, each bucket once.

Buckets that lie in part outside the range are whole; one that still grows ends now. Raises
PollError when anything is missing that should be there, and when the account is another one than
the ledger's.
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: facts and functions, no state.

    *spacing* is the least time between two requests of an account, in seconds, by the beginning of
    the path; the longest one that fits counts.
    """

    name: str
    title: str
    base_url: str
    key_variable: str
    """The environment variable that holds the key where there is no configuration file."""
    auth: Callable[[Secret], Mapping[str, str]]
    """Makes the headers that sign a request."""
    spacing: Mapping[str, float]
    collectors: tuple[Collector, ...]
    options: type[msgspec.Struct] = NoOptions
    products: Mapping[str, str] = field(default_factory=dict)
    """Labels by the codes that the option ``products`` may have; empty where there is none."""
    history: History | None = None
    """What ``backfill`` writes; None when the provider remembers nothing."""
    history_days: int = 0
    """How far back that reaches at most."""


async def gather(
    jobs: Mapping[str, Callable[[], Awaitable[T]]],
) -> tuple[dict[str, T], dict[str, PollError]]:
    """Run *jobs*, a few at a time, and return what succeeded and what failed.

    No more begin than can send: where time is short, some are whole instead of none.

    Raises: AuthError, RateLimitError or AmountError at once: they concern the poll as a whole.
    """
    failures: dict[str, PollError] = {}
    answers: dict[str, T] = {}
    turns = asyncio.Semaphore(AT_A_TIME)

    async def run(name: str, job: Callable[[], Awaitable[T]]) -> None:
        try:
            async with turns:
                answers[name] = await job()
        except (AuthError, RateLimitError, AmountError):
            raise
        except PollError as error:
            failures[name] = error

    await _run_all([run(name, job) for name, job in jobs.items()])
    return _in_order(jobs, answers), _in_order(jobs, failures)


async def in_turn(
    jobs: Mapping[str, Callable[[], Awaitable[T]]],
) -> tuple[dict[str, T], dict[str, PollError]]:
    """Run *jobs* as ``gather`` does, but one after the other.

    One that is not answered in time fails those after it, too: they would keep others waiting.
    """
    answers: dict[str, T] = {}
    failures: dict[str, PollError] = {}
    late: PollError | None = None
    for name, job in jobs.items():
        found, failed = ({}, {name: late}) if late else await gather({name: job})
        answers.update(found)
        failures.update(failed)
        late = next((one for one in failed.values() if isinstance(one, DeadlineError)), None)
    return answers, failures


def _in_order(jobs: Iterable[str], found: Mapping[str, T]) -> dict[str, T]:
    return {name: found[name] for name in jobs if name in found}


async def _run_all(jobs: Iterable[Coroutine[object, object, None]]) -> None:
    """Run *jobs* to their ends, or to the first error, which ends them all and is raised.

    No TaskGroup: it does not hear who ends the poll at the very moment when a job fails, and the
    exporter would not stop.
    """
    done: set[asyncio.Task[None]] = set()
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        if tasks:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
