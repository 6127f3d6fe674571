"""Snapshot: what one collector of one account has to show, after its latest poll.

Values only: the next snapshot is computed from the previous one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from exporter.account import Account
from exporter.errors import PollError, Reason, UnsupportedError, worst
from exporter.metrics import Sample, Samples

NO_FAILURES = MappingProxyType(dict.fromkeys(Reason, 0))
"""Every reason, never met: what a collector starts with."""


UNSUPPORTED_ADVICE = "the provider does not offer this to the account; all else works without it"


class Part(Struct, frozen=True, eq=False, gc=False):
    """Samples that come and age together.

    *at* is the monotonic time of the poll they are from, *took* the seconds that it lasted.
    """

    samples: Samples = Samples()
    at: float = 0.0
    took: float = 0.0


class Snapshot(Struct, frozen=True, kw_only=True):
    """One collector of one account. Before its first poll, *duration* is None."""

    account: Account
    collector: str
    required: bool
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Gauges, by what the provider was asked for."""
    counters: Part = field(default_factory=Part)
    success: bool = False
    supported: bool = True
    polls: int = 0
    failures: Mapping[Reason, int] = field(default_factory=lambda: NO_FAILURES)
    requests: Mapping[str, int] = field(default_factory=dict)
    """HTTP requests sent for this collector, by status code or ``error``."""
    duration: float | None = None
    last_success: float | None = None
    """Unix seconds by our own clock; None before the first success."""
    error: PollError | None = None
    """What the last poll failed with."""

    @property
    def advice(self) -> str:
        """What to do about the error, in one clause; empty without one."""
        if self.error is None:
            return ""
        return UNSUPPORTED_ADVICE if self.is_refused else self.error.advice

    @property
    def is_refused(self) -> bool:
        """Whether the account may not use the endpoint, and works without it."""
        return isinstance(self.error, UnsupportedError) and not self.required

    @property
    def series(self) -> int:
        """How many series it shows, those of its health left out."""
        return len(self.counters.samples) + sum(len(part.samples) for part in self.parts.values())

    @property
    def interval(self) -> float:
        """Seconds between two polls."""
        return self.account.intervals[self.collector]


@dataclass(frozen=True, slots=True)
class Timing:
    """When a poll ended, by the wall clock and the monotonic one, and how long it took."""

    wall: float
    monotonic: float
    duration: float


def after_answer(
    snapshot: Snapshot,
    parts: Mapping[str, Iterable[Sample]],
    *,
    failures: Mapping[str, PollError],
    counters: Iterable[Sample],
    timing: Timing,
) -> Snapshot:
    """Return the snapshot after an answer; parts that failed keep what they last had."""
    kept = {name: snapshot.parts[name] for name in failures if name in snapshot.parts}
    new = {}
    for name, samples in parts.items():
        shape = snapshot.parts.get(name, Part()).samples.shape
        new[name] = Part(Samples.of(samples, like=shape), timing.monotonic, timing.duration)
    counted = Samples.of(counters, like=snapshot.counters.samples.shape)
    answered = replace(
        snapshot, parts=kept | new, counters=Part(counted, timing.monotonic), supported=True
    )
    failure = _judged_by(failures.values(), excused=bool(new) and not snapshot.required)
    if failure is not None:
        return after_failure(answered, failure, timing=timing)
    return replace(
        answered,
        success=True,
        error=None,
        polls=snapshot.polls + 1,
        duration=timing.duration,
        last_success=timing.wall,
    )


def _judged_by(failures: Iterable[PollError], *, excused: bool) -> PollError | None:
    """Return the failure that the poll is judged by; None when there is none.

    *excused*: parts that the account may not use are none, since there are others.
    """
    failures = tuple(failures)
    found = worst(failures) if failures else None
    return None if excused and isinstance(found, UnsupportedError) else found


def after_failure(snapshot: Snapshot, error: PollError, *, timing: Timing) -> Snapshot:
    """Return the snapshot after a failed poll: gauges and counters stay as they were.

    An optional collector whose endpoint the account may not use has not failed.
    """
    ended = replace(
        snapshot,
        success=False,
        error=error.alone(),
        polls=snapshot.polls + 1,
        duration=timing.duration,
    )
    if ended.is_refused:
        return replace(ended, supported=False)
    counted = {**snapshot.failures, error.reason: snapshot.failures[error.reason] + 1}
    return replace(ended, failures=counted)
